import { mkdirSync } from 'node:fs'
import path from 'node:path'

/** The repository's folder for what its tools download; git ignores it, and it is kept between runs. */
const CACHE = path.resolve(import.meta.dirname, '../../../../.keyfold')

/** Gives a folder below `.keyfold/servers/`, and makes it when it is not there. */
export function cacheFolder(...names: string[]): string {
  const folder = path.join(CACHE, 'servers', ...names)
  mkdirSync(folder, { recursive: true })
  return folder
}
