import { open } from 'node:fs/promises'
import { resolve } from 'node:path'

import { KmsConfigError } from '../errors/kms-errors.ts'
import { printable } from '../errors/printable.ts'
import { sanitizeCause } from '../errors/sanitize-cause.ts'

/** The context of a secret beside its configuration. */
export interface SecretOptions {
  /** The folder in which a relative `file` starts. */
  readonly baseDirectory: string
  /** The secret's field in the configuration, for messages, for example `auth.token`. */
  readonly path: string
  /** The provider's short name, for messages. */
  readonly provider: string
}

const MAX_BYTES = 65_536

/** Reads a secret's file. Messages do not repeat the file's name, because users sometimes write the secret itself there. */
export async function readSecretFile(file: string, options: SecretOptions): Promise<string> {
  const problem = (text: string, cause?: unknown) =>
    new KmsConfigError(`${options.path}.file`, text, {
      provider: options.provider,
      operation: 'create',
      cause: cause === undefined ? undefined : sanitizeCause(cause),
    })
  let text: string | undefined
  try {
    text = await readText(resolve(options.baseDirectory, file))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error'
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw problem('expected a file of UTF-8 text, got other bytes')
    throw problem(
      `expected a file that can be read, got ${code}; a relative name starts at ${printable(options.baseDirectory)}`,
      error,
    )
  }
  if (text === undefined) throw problem(`expected a file of at most ${MAX_BYTES} bytes, got more`)
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw problem('expected a file with a secret, got an empty one')
  return secret
}

/** Reads a file and zeroes the bytes; `undefined` for a file that is too large to be a secret. */
async function readText(file: string): Promise<string | undefined> {
  await using handle = await open(file, 'r')
  const bytes = new Uint8Array(MAX_BYTES + 1)
  try {
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length)
      if (bytesRead === 0) return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length))
      length += bytesRead
    }
    return undefined
  } finally {
    bytes.fill(0)
  }
}
