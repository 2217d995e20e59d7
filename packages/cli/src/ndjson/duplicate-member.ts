import { visit } from 'jsonc-parser'

import { formatPath } from './json-path.ts'
import { NdjsonError } from './ndjson-error.ts'

/** Finds the member that stands twice in a line that is known to have one, outside of a `value` that is JSON of its own. */
export function duplicateMember(text: string, line: number, jsonValue: boolean): NdjsonError {
  const objects: Set<string>[] = []
  const found: string[] = []
  // Recursive, but the nesting of the line is bounded by now.
  visit(text, {
    onObjectBegin: () => {
      objects.push(new Set())
    },
    onObjectEnd: () => {
      objects.pop()
    },
    onObjectProperty: (name, _offset, _length, _line, _character, pathSupplier) => {
      const names = objects.at(-1)
      if (names?.has(name) === true && found.length === 0) {
        const segments = pathSupplier()
        if (!jsonValue || segments[0] !== 'value') found.push(formatPath([...segments, name]))
      }
      names?.add(name)
    },
  })
  const [path = '$'] = found
  return new NdjsonError(`"${path}" expected to stand once, got it twice`, { line, path })
}
