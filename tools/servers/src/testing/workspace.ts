import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

const ROOT = resolve(import.meta.dirname, '../../../..')

/** What one run of `keyfold` gave. */
export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The last line of standard error, with `--json`. */
  readonly summary: Record<string, unknown>
}

/** A folder inside of the repository, so that the command line finds the provider from the configuration in it. `name` tells people whose it was. */
export function createWorkspace(name: string): { readonly folder: string; remove(): void } {
  const parent = join(ROOT, '.keyfold', 'workspaces')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, `${name}-`))
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true })
    },
  }
}

/** Runs the command line from its sources, in a process of its own. */
export async function keyfold(folder: string, ...args: readonly string[]): Promise<Run> {
  const command = [join(ROOT, 'packages/cli/src/bin.ts'), ...args]
  const child = spawn(process.execPath, ['--conditions=@keyfold/source', ...command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((done) => {
    child.once('close', done)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  return {
    code,
    stdout,
    stderr,
    summary: last.startsWith('{"command"') ? (JSON.parse(last) as Record<string, unknown>) : {},
  }
}
