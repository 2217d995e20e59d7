import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Readable } from 'node:stream'

import { escapeText } from '@keyfold/config/tooling'

import { CliError } from '../errors/cli-error.ts'
import type { CliIo } from './cli-io.ts'

const CHUNK_BYTES = 256 * 1024

/** One input: a file or the standard input. */
export interface Input {
  /** For messages; escaped. */
  readonly name: string
  /** Bytes, where they are known before it is read. */
  readonly size: number | undefined
  /** Reads it once, from its beginning; closes it at the end. */
  readonly chunks: () => AsyncGenerator<Uint8Array, void, undefined>
  /** Ends reading, also that which waits. Idempotent. Standard input is left alone where it was not read from. */
  readonly close: () => void
}

/**
 * Opens what `[file]` names; `-` or nothing is the standard input.
 *
 * @throws CliError `CLI_INPUT` when a file cannot be opened, before anything is written.
 */
export async function openInput(file: string | undefined, io: CliIo): Promise<Input> {
  if (file === undefined || file === '-') return standardInput(io.stdin)
  const name = escapeText(file)
  const handle = await open(resolve(io.cwd, file), 'r').catch((error: unknown) => unreadable(name, error))
  const stats = await handle.stat()
  if (stats.isDirectory()) {
    await handle.close()
    return unreadable(name, { code: 'EISDIR' })
  }
  const stream = handle.createReadStream({ highWaterMark: CHUNK_BYTES })
  const close = (): void => {
    stream.destroy()
  }
  return { name, size: stats.isFile() ? stats.size : undefined, chunks: () => readStream(stream, name), close }
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
    code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a folder' : typeof code === 'string' ? code : 'a failure'
  throw new CliError('CLI_INPUT', `${name}: expected input that can be read, got ${why}`)
}
