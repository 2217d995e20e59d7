import { createWriteStream } from 'node:fs'
import { lstat, realpath, stat } from 'node:fs/promises'
import { resolve } from 'node:path'

import { CliError } from '../report/cli-error.ts'
import { escapeText } from '../report/escape-text.ts'
import type { CliIo } from './cli-io.ts'
import { fileOutput } from './file-output.ts'
import type { Output } from './output.ts'
import { outputFailure } from './output-failure.ts'
import { streamOutput } from './stream-output.ts'

/**
 * Opens what `--output` names, else the standard output.
 *
 * A device or a named pipe cannot be replaced by a whole file and is written to directly. A link is followed: the file behind it is replaced.
 *
 * @throws CliError `CLI_OUTPUT` when it cannot be opened, `CLI_USAGE` for a folder.
 */
export async function openOutput(file: string | undefined, io: CliIo): Promise<Output> {
  if (file === undefined || file === '-') return streamOutput(io.stdout, 'stdout')
  const name = escapeText(file)
  const path = resolve(io.cwd, file)
  const present = await lstat(path).catch(() => undefined)
  if (present === undefined) return fileOutput(path, name, io)
  const target = await stat(path).catch((error: unknown) => {
    throw outputFailure(name, error)
  })
  if (target.isDirectory()) throw new CliError('CLI_USAGE', `"--output" expected a file, got a folder: ${name}`)
  return target.isFile() ? fileOutput(await realpath(path), name, io) : deviceOutput(path, name)
}

function deviceOutput(path: string, name: string): Output {
  const stream = createWriteStream(path, { flags: 'w' })
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
