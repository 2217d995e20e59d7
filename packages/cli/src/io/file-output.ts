import { randomBytes } from 'node:crypto'
import { close, constants, fsync, openSync, rename, unlinkSync, write } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

import type { CliIo } from './cli-io.ts'
import { outputFailure } from './output-failure.ts'
import type { Output } from './output.ts'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
const OWNER_ONLY = 0o600
/** Common file systems accept names of at most 255 bytes; the suffix needs 27. */
const MAX_NAME = 200

const closeFile = promisify(close)
const flushFile = promisify(fsync)
const renameFile = promisify(rename)
const writeFile = promisify(write)

/**
 * Writes a file that appears under its name only when it is complete: a temporary file beside it, readable for its owner alone, that is flushed to the
 * disk, renamed, and removed if anything fails.
 *
 * @param path - the file; replaced when it exists.
 * @param name - the same, escaped, for messages.
 */
export function fileOutput(path: string, name: string, io: Pick<CliIo, 'onUnfinished'>): Output {
  const temporary = join(dirname(path), `.${basename(path).slice(0, MAX_NAME)}.${randomBytes(8).toString('hex')}.tmp`)
  const removeNow = (): void => {
    try {
      unlinkSync(temporary)
    } catch {
      // Gone already, which is the intended result.
    }
  }
  let descriptor: number
  let forget: (() => void) | undefined
  try {
    // Created and announced in one synchronous step, so no signal can arrive in between.
    descriptor = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, OWNER_ONLY)
    forget = io.onUnfinished?.(removeNow)
  } catch (error) {
    throw outputFailure(name, error)
  }
  let open = true
  const closeOnce = async (): Promise<void> => {
    if (!open) return
    open = false
    await closeFile(descriptor)
  }
  let state: 'writing' | 'finished' | 'discarded' = 'writing'
  const attempt = (work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => {
      throw outputFailure(name, error)
    })
  return {
    write: (bytes) => attempt(() => writeAll(descriptor, bytes)),
    finish: () =>
      attempt(async () => {
        await flushFile(descriptor)
        await closeOnce()
        await renameFile(temporary, path)
        state = 'finished'
        forget?.()
        await flushFolder(dirname(path))
      }),
    discard: async () => {
      if (state !== 'writing') return
      state = 'discarded'
      removeNow()
      forget?.()
      await closeOnce().catch(() => undefined)
    },
  }
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) {
    const { bytesWritten } = await writeFile(descriptor, bytes, offset, bytes.length - offset)
    offset += bytesWritten
  }
}

/** Makes the new name survive a crash, if folders can be read and flushed. The file is complete and in its place already. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
  } finally {
    await handle?.close()
  }
}
