import { constants, type Stats } from 'node:fs'
import { lstat, open, realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'

import { describeOwner, isForeign, walkPath } from '@keyfold/config/tooling'
import { escapeText } from '@keyfold/kms-api'

import { CliError } from '../errors/cli-error.ts'
import type { CliIo } from './cli-io.ts'
import { fileOutput } from './file-output.ts'
import { outputFailure } from './output-failure.ts'
import type { Output } from './output.ts'
import { streamOutput } from './stream-output.ts'

/** Other names of the standard output. */
const STANDARD_OUTPUT: ReadonlySet<string> = new Set(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1'])

/**
 * Opens the output that `--output` names, otherwise the standard output.
 *
 * A device or a named pipe cannot be replaced by a whole file and is written to directly. A link is followed: the file behind it is replaced. Records
 * may be in clear: a pipe or a link that belongs neither to this user nor to root is rejected, because it may have been put there to intercept them.
 *
 * @throws CliError `CLI_OUTPUT` when it cannot be opened or belongs to another user, `CLI_USAGE` for a folder.
 */
export async function openOutput(file: string | undefined, io: CliIo): Promise<Output> {
  if (file === undefined || file === '-') return streamOutput(io.stdout, 'stdout')
  const name = escapeText(file)
  const path = resolve(io.cwd, file)
  if (STANDARD_OUTPUT.has(path)) return streamOutput(io.stdout, 'stdout')
  const real = await followOwnLinks(path, name)
  if ((await lstat(path).catch(() => undefined)) === undefined) return fileOutput(path, name, io)
  const target = await stat(real).catch((error: unknown) => {
    throw outputFailure(name, error)
  })
  if (target.isDirectory()) throw new CliError('CLI_USAGE', `"--output" expected a file, got a folder: ${name}`)
  if (target.isFile()) return fileOutput(await realpath(real), name, io)
  rejectForeign(name, name, target)
  return await deviceOutput(real, name)
}

/** The real path, or the path itself where there is none: nothing is there yet, or a link (`/dev/stdout`) leads to what has no name. */
async function followOwnLinks(path: string, name: string): Promise<string> {
  if (process.geteuid === undefined) return path
  try {
    return await walkPath(path, (here, stats) => {
      if (stats.isSymbolicLink()) rejectForeign(name, escapeText(here), stats)
    })
  } catch (error) {
    if (error instanceof CliError) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path
    throw outputFailure(name, error)
  }
}

function rejectForeign(name: string, here: string, stats: Stats): void {
  if (!isForeign(stats)) return
  const got = describeOwner(stats)
  throw new CliError(
    'CLI_OUTPUT',
    `"${here}" expected to be yours or root's, got ${got}; records written to ${name} could go to somebody else`,
  )
}

async function deviceOutput(path: string, name: string): Promise<Output> {
  // Neither created nor truncated: if it has been removed or replaced meanwhile, the replacement is not changed.
  const handle = await open(path, constants.O_WRONLY).catch((error: unknown) => {
    throw outputFailure(name, error)
  })
  try {
    const opened = await handle.stat()
    rejectForeign(name, name, opened)
    if (opened.isFile())
      throw new CliError('CLI_OUTPUT', `"${name}" expected to stay a pipe or a device, got a file in its place`)
  } catch (error) {
    await handle.close()
    throw error
  }
  const stream = handle.createWriteStream()
  const output = streamOutput(stream, name)
  const end = (): Promise<void> => new Promise((done) => stream.end(done))
  return {
    write: (bytes) => output.write(bytes),
    finish: async () => {
      await end()
      await output.finish()
    },
    discard: () => {
      stream.destroy()
      return Promise.resolve()
    },
  }
}
