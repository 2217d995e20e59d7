import { closeSync, constants, createReadStream, fstatSync, open as openCallback, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'
import { promisify } from 'node:util'

import { escapeText } from '@keyfold/kms-api'

import { CliError } from '../errors/cli-error.ts'
import type { CliIo } from './cli-io.ts'

const open = promisify(openCallback)
const CHUNK_BYTES = 256 * 1024
/** Other names of the standard input. */
const STANDARD_INPUT: ReadonlySet<string> = new Set(['/dev/stdin', '/dev/fd/0', '/proc/self/fd/0'])

/** One input: a file or the standard input. */
export interface Input {
  /** For messages; escaped. */
  readonly name: string
  /** Its size in bytes, if known before it is read. */
  readonly size: number | undefined
  /** Reads it once, from its beginning; closes it at the end. */
  readonly chunks: () => AsyncGenerator<Uint8Array, void, undefined>
  /** Ends reading, including a pending read. Idempotent. Does not touch standard input if it was not read from. */
  readonly close: () => void
}

/**
 * Opens the input that `[file]` names; `-` or nothing is the standard input.
 *
 * @throws CliError `CLI_INPUT` when a file cannot be opened, before anything is written.
 */
export async function openInput(file: string | undefined, io: CliIo): Promise<Input> {
  if (file === undefined || file === '-') return standardInput(io.stdin)
  const name = escapeText(file)
  const path = resolve(io.cwd, file)
  if (STANDARD_INPUT.has(path)) return standardInput(io.stdin)
  const fail = (error: unknown): never => unreadable(name, error)
  const before = await stat(path).catch(fail)
  const flags = constants.O_RDONLY | (before.isFIFO() ? constants.O_NONBLOCK : 0)
  if (before.isDirectory()) return unreadable(name, { code: 'EISDIR' })
  const descriptor = await open(path, flags).catch(fail)
  const stats = fstatSync(descriptor)
  if (stats.isFIFO() !== before.isFIFO()) {
    closeSync(descriptor)
    return unreadable(name, { code: 'another file in its place' })
  }
  const stream = openStream(descriptor, stats)
  const close = (): void => {
    stream.destroy()
  }
  return { name, size: stats.isFile() ? stats.size : undefined, chunks: () => readStream(stream, name), close }
}

/** A pipe or a terminal is read by the event loop: in the thread pool a read that waits for its writer would keep the process from ending. */
function openStream(fd: number, stats: Stats): Readable {
  if (stats.isFIFO()) return new Socket({ fd, readable: true, writable: false })
  return isatty(fd) ? new ReadStream(fd) : createReadStream('', { fd, highWaterMark: CHUNK_BYTES })
}

function standardInput(stdin: Readable): Input {
  let begun = false
  return {
    name: 'stdin',
    size: undefined,
    chunks: () => {
      begun = true
      return readStream(stdin)
    },
    close: () => {
      if (begun) stdin.destroy()
    },
  }
}

async function* readStream(
  stream: AsyncIterable<unknown>,
  name = 'stdin',
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of stream)
      yield chunk instanceof Uint8Array ? chunk : new TextEncoder().encode(String(chunk))
  } catch (error) {
    if (error instanceof CliError) throw error
    unreadable(name, error)
  }
}

function unreadable(name: string, error: unknown): never {
  const code = (error as { code?: unknown }).code
  const why =
    code === 'ENOENT'
      ? 'no such file'
      : code === 'EISDIR'
        ? 'it is a folder'
        : code === 'EACCES'
          ? 'permission denied (EACCES)'
          : typeof code === 'string'
            ? code
            : 'a failure'
  throw new CliError('CLI_INPUT', `${name}: cannot be read: ${why}`)
}
