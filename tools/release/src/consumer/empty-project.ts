import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { npm } from '@keyfold/kit/npm'
import { cleanEnvironment, run, type RunResult } from '@keyfold/kit/run'
import { withTemporaryFolder } from '@keyfold/kit/temporary-folder'

import type { LocalRegistry } from '../registry/local-registry.ts'

/** One package that npm put into a project. */
export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** Its folder from the project's. */
  readonly place: string
  readonly hasInstallScript: boolean
}

/** A project of a user, outside the repository, that knows the local registry only. */
export interface EmptyProject {
  readonly folder: string
  /** Adds packages, without running install scripts. */
  install(...specifiers: readonly string[]): Promise<void>
  /** What is installed, by npm's own lockfile. */
  installed(): Promise<readonly InstalledPackage[]>
  /** Writes a file and gives its path. */
  write(name: string, text: string): Promise<string>
  /** Runs a program there. */
  run(program: string, ...args: readonly string[]): Promise<RunResult>
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly name?: string; readonly version?: string; readonly hasInstallScript?: boolean }>
  >
}

/** Makes an empty project for as long as `use` runs. */
export function withEmptyProject<T>(registry: LocalRegistry, use: (project: EmptyProject) => Promise<T>): Promise<T> {
  return withTemporaryFolder('project', async (folder) => {
    const write = async (name: string, text: string): Promise<string> => {
      await writeFile(path.join(folder, name), text)
      return path.join(folder, name)
    }
    await write('package.json', JSON.stringify({ name: 'project', version: '1.0.0', private: true, type: 'module' }))
    return use({
      folder,
      write,
      install: async (...specifiers) => {
        await npm(['install', '--save-exact', '--ignore-scripts', ...specifiers], { cwd: folder, env: registry.env })
      },
      installed: async () => {
        const lock = JSON.parse(await readFile(path.join(folder, 'package-lock.json'), 'utf8')) as Lock
        return Object.entries(lock.packages).flatMap(([place, { version = '', hasInstallScript = false }]) =>
          place === '' ? [] : [{ place, version, hasInstallScript, name: place.replace(/^.*node_modules\//, '') }],
        )
      },
      run: (program, ...args) => run(program, args, { cwd: folder, env: cleanEnvironment() }),
    })
  })
}
