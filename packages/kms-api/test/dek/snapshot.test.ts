import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const directory = mkdtempSync(join(tmpdir(), 'keyfold-snapshot-'))
const script = join(directory, 'fixture.cjs')

beforeAll(async () => {
  const entry = fileURLToPath(new URL('fixtures/snapshot.ts', import.meta.url))
  await build({
    entryPoints: [entry],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    logLevel: 'silent',
  })
})

afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** Builds a start-up snapshot of the fixture in a process of its own. */
function buildSnapshot(fixture: 'with-dek' | 'without-dek'): {
  readonly status: number | null
  readonly output: string
  readonly blob: boolean
} {
  const blob = join(directory, `${fixture}.blob`)
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--snapshot-blob', blob, '--build-snapshot', script],
    {
      cwd: directory,
      env: { ...process.env, NODE_OPTIONS: '', KEYFOLD_FIXTURE: fixture },
      encoding: 'utf8',
    },
  )
  return { status, output: stdout + stderr, blob: existsSync(blob) }
}

describe('a start-up snapshot', () => {
  it('never holds a DEK: every process started from it would repeat its IVs', () => {
    const { status, output, blob } = buildSnapshot('with-dek')
    expect(status).not.toBe(0)
    expect(output).toContain('DEK_SNAPSHOT')
    expect(output).not.toContain('the fixture ran')
    expect(blob).toBe(false)
  })

  it('may hold the code that makes one', () => {
    const { status, output, blob } = buildSnapshot('without-dek')
    expect({ status, blob }).toEqual({ status: 0, blob: true })
    expect(output).toContain('the fixture ran')
  })
})
