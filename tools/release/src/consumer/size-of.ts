import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'

/** Adds up the bytes of all files below a folder. */
export async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name)
    if (entry.isDirectory()) bytes += await sizeOf(place)
    else if (entry.isFile()) bytes += (await lstat(place)).size
  }
  return bytes
}
