import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** How much there was to write. */
export interface Written {
  readonly files: number
  readonly lines: number
}

const SOURCES = path.resolve(import.meta.dirname, '../../test/written')

/** Puts the files of `test/written` below `part`, an author's work for a small KMS, in place of what the generator left to write. */
export async function writeAsAuthor(folder: string, part: 'src' | 'test'): Promise<Written> {
  const names = (await readdir(SOURCES, { recursive: true })).filter(
    (name) => name.startsWith(`${part}${path.sep}`) && name.endsWith('.template'),
  )
  let lines = 0
  for (const name of names) {
    const text = await readFile(path.join(SOURCES, name), 'utf8')
    const target = path.join(folder, name.replace(/\.template$/, ''))
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, text)
    lines += text.split('\n').length - 1
  }
  // Nothing imports it any more.
  if (part === 'src') await rm(path.join(folder, 'src', 'not-written.ts'))
  return { files: names.length, lines }
}
