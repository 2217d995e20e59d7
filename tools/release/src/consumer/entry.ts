import type { Manifest } from '@keyfold/kit/manifest'

/** Gives what users import from a package: the specifier of each entry that is code. */
export function entriesOf({ name, exports = {} }: Manifest): readonly string[] {
  return Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => `${name}${entry.slice(1)}`)
}
