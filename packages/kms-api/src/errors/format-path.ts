import { printable } from './printable.ts'

const PLAIN = /^[A-Za-z_$][\w$-]{0,119}$/

/**
 * Formats the place of a value in a configuration, a document or options: `keks[0].alias`. A name that is not a plain word is quoted, escaped and cut.
 *
 * @param path - names and indexes from the top.
 * @param root - the name of the whole: empty, or `$` as in JSONPath.
 */
export function formatPath(path: readonly PropertyKey[], root = ''): string {
  let text = root
  for (const segment of path) {
    const name = String(segment)
    if (typeof segment === 'number') text += `[${name}]`
    else if (PLAIN.test(name)) text += text === '' ? name : `.${name}`
    else text += `[${printable(name)}]`
  }
  return text
}
