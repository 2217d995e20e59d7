import type { Stats } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, parse, sep } from 'node:path'

/** The maximum number of links that Linux follows. */
const MAX_LINKS = 40

/** Checks one step of the path, a link itself rather than its target; throws to reject the path. */
export type Visit = (path: string, stats: Stats) => void

/**
 * Walks an absolute path as the system does, from the root, and visits every folder and link on the way, those behind links included: a user that may
 * change one of them decides where the path leads.
 *
 * @param look - reads the status of a path without following links.
 * @returns the real path.
 * @throws an error of the file system, such as `ENOENT`, and whatever `visit` throws.
 */
export async function walkPath(
  path: string,
  visit: Visit,
  look: (path: string) => Promise<Stats> = lstat,
): Promise<string> {
  const { root } = parse(path)
  let rest = path.slice(root.length).split(sep)
  let real = root
  visit(real, await look(real))
  for (let links = 0; rest.length > 0;) {
    const [name = '', ...behind] = rest
    rest = behind
    const next = name === '..' ? dirname(real) : join(real, name)
    const stats = await look(next)
    // Steps back, "." and doubled slashes were visited before.
    if (name !== '' && name !== '.' && name !== '..') visit(next, stats)
    if (!stats.isSymbolicLink()) {
      real = next
      continue
    }
    links += 1
    if (links > MAX_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
    const target = await readlink(next)
    if (isAbsolute(target)) real = root
    rest = [...target.split(sep), ...rest]
  }
  return real
}
