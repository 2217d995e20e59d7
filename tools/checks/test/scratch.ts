import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { onTestFinished } from 'vitest'

import type { Manifest } from '@keyfold/kit/manifest'
import type { PackedPackage } from '@keyfold/kit/packed-package'
import { readWorkspace, type Workspace } from '@keyfold/kit/workspace'

/** The repository itself: for its node_modules. */
export const repository = path.resolve(import.meta.dirname, '../../..')

/** Files by path; objects are written as JSON. */
export type Files = Readonly<Record<string, string | object>>

/** Writes files to a folder of its own, with the repository's node_modules, for the length of a test. */
export function scratchFolder(files: Files): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'keyfold-scratch-')))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'), 'dir')
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), textOf(content))
  }
  return folder
}

/** A repository of the given files; a root package.json is there. */
export function scratchWorkspace(files: Files): Workspace {
  return readWorkspace(
    scratchFolder({ 'package.json': { name: 'scratch', private: true, version: '0.0.0' }, ...files }),
  )
}

/** A tarball of the given files that was never packed. */
export function scratchTarball(manifest: Partial<Manifest>, files: Files = {}): PackedPackage {
  const whole: Manifest = { name: '@keyfold/kms-acme', version: '0.0.0', ...manifest }
  const entries = Object.entries({ 'package.json': whole, ...files })
  return {
    root: repository,
    folder: repository,
    manifest: whole,
    tarball: 'scratch.tgz',
    files: new Map(entries.map(([name, content]) => [name, new TextEncoder().encode(textOf(content))])),
  }
}

/** A package.json with an Nx tag. */
export function manifestOf(name: string, tag: string, more: Partial<Manifest> = {}): Manifest {
  return { name, version: '0.0.0', nx: { tags: [tag] }, ...more }
}

function textOf(content: string | object): string {
  return typeof content === 'string' ? content : JSON.stringify(content)
}
