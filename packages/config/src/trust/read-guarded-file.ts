import { open, realpath } from 'node:fs/promises'
import { isAbsolute, join, resolve, sep } from 'node:path'

import { escapeText } from '@keyfold/kms-api'

import { ConfigError } from '../errors/config-error.ts'
import { guardFile } from './guard-file.ts'

const MAX_BYTES = 1024 * 1024

/** The content of a configuration file. */
export interface GuardedFile {
  /** The real path, links resolved (but for `..data`, see below): relative names and providers start in its folder. */
  readonly path: string
  readonly text: string
}

/**
 * Reads a configuration file of at most 1 MiB that nobody else may write.
 *
 * @param named - the name as the user wrote it.
 * @param cwd - the folder in which a relative name starts.
 * @throws {@link ConfigError} `CONFIG_UNREADABLE` when it cannot be read, is no regular file, is too large or is not UTF-8; `CONFIG_UNTRUSTED` when others may write it.
 */
export async function readGuardedFile(named: string, cwd: string): Promise<GuardedFile> {
  const path = await realpath(resolve(cwd, named)).catch((error: unknown) => unreadable(named, cwd, error))
  const file = await open(path, 'r').catch((error: unknown) => unreadable(named, cwd, error))
  try {
    const stats = await file.stat()
    if (!stats.isFile())
      throw new ConfigError('CONFIG_UNREADABLE', `${escapeText(named)}: the configuration is not a regular file`)
    await guardFile(path, stats)
    // One byte more than allowed, because the file may grow while it is read.
    const bytes = new Uint8Array(MAX_BYTES + 1)
    const length = await readAll(file, bytes)
    if (length > MAX_BYTES)
      throw new ConfigError('CONFIG_UNREADABLE', `${escapeText(named)}: the configuration is larger than 1 MiB`)
    return { path: await lastingPath(path), text: decode(bytes.subarray(0, length), named) }
  } finally {
    await file.close()
  }
}

/**
 * Kubernetes writes each version of a ConfigMap or Secret to a folder of its own, points the link `..data` to it, and removes the folder of the last
 * version: names that go through the link outlive an update.
 */
async function lastingPath(path: string): Promise<string> {
  const steps = path.split(sep)
  const version = steps.findIndex((step) => step.startsWith('..') && step.length > 2)
  if (version === -1) return path
  const lasting = join(sep, ...steps.slice(0, version), '..data', ...steps.slice(version + 1))
  return (await realpath(lasting).catch(() => undefined)) === path ? lasting : path
}

async function readAll(file: Awaited<ReturnType<typeof open>>, into: Uint8Array): Promise<number> {
  let length = 0
  while (length < into.length) {
    const { bytesRead } = await file.read(into, length, into.length - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}

function decode(bytes: Uint8Array, named: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ConfigError('CONFIG_UNREADABLE', `${escapeText(named)}: the configuration is not UTF-8`)
  }
}

/** The usual reasons in words; the code follows in each case. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'permission denied',
  ELOOP: 'its links form a loop',
}

function unreadable(named: string, cwd: string, error: unknown): never {
  const { code } = error as NodeJS.ErrnoException
  const reason = code === undefined ? 'unknown error' : code in REASONS ? `${REASONS[code]} (${code})` : code
  const start = isAbsolute(named) ? '' : `; a relative name starts at "${escapeText(cwd)}"`
  throw new ConfigError(
    'CONFIG_UNREADABLE',
    `${escapeText(named)}: the configuration cannot be read: ${reason}${start}`,
  )
}
