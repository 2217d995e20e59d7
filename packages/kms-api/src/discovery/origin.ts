import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { describeType } from '../errors/describe-type.ts'
import { printable } from '../errors/printable.ts'

/**
 * Returns the file from which packages are resolved, for a file or a directory that the application names, never the working directory.
 *
 * @throws TypeError when `from` is neither a file URL nor an absolute path.
 */
export function originOf(from: unknown): string {
  const path = pathOf(from)
  if (path === undefined) {
    const got = typeof from === 'string' ? printable(from) : describeType(from)
    throw new TypeError(`"from" expected a file URL, such as import.meta.url, or an absolute path, got ${got}`)
  }
  // Node.js takes the last part for a file, and would skip a directory's own node_modules.
  return isDirectory(path) ? join(path, 'package.json') : path
}

function pathOf(from: unknown): string | undefined {
  const text = from instanceof URL ? from.href : from
  if (typeof text !== 'string') return undefined
  if (isAbsolute(text)) return hasNul(text) ? undefined : text
  try {
    const path = fileURLToPath(text)
    return hasNul(path) ? undefined : path
  } catch {
    return undefined
  }
}

/** Quotes an origin for messages. */
export function placeOf(origin: string): string {
  return printable(pathToFileURL(origin).href)
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function hasNul(path: string): boolean {
  return path.includes('\0')
}
