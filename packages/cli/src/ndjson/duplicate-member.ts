import { visit } from 'jsonc-parser'

import { formatPath } from './json-path.ts'
import { NdjsonError } from './ndjson-error.ts'

/** Finds the member that stands twice in a line that is known to have one, outside of a `value` that is JSON of its own. */
export function duplicateMember(text: string, line: number, jsonValue: boolean): NdjsonError {
  const objects: Set<string>[] = []
  let path: string | undefined
  try {
    visit(text, {
      onObjectBegin: () => {
        objects.push(new Set())
      },
      onObjectEnd: () => {
        objects.pop()
      },
      onObjectProperty: (name, _offset, _length, _line, _character, pathSupplier) => {
        if (path !== undefined) return
        const names = objects.at(-1)
        if (names?.has(name) === true) {
          const segments = pathSupplier()
          if (!jsonValue || segments[0] !== 'value') path = formatPath([...segments, name])
        }
        names?.add(name)
      },
    })
  } catch {
    // The first of the two nests deeper than recursion goes: the line is refused without the member's name.
  }
  const expected = path === undefined ? 'members of different names, got one twice' : 'to stand once, got it twice'
  return new NdjsonError(`"${path ?? '$'}" expected ${expected}`, { line, path })
}
