import { visit } from 'jsonc-parser'

import { formatPath } from '@keyfold/kms-api'

import { NdjsonError } from './ndjson-error.ts'

/** Finds the member that stands twice in a line that is known to have one, outside of a `value` that is JSON of its own. */
export function duplicateMember(text: string, line: number, jsonValue: boolean): NdjsonError {
  const objects: Set<string>[] = []
  let found: string | undefined
  let depth = 0
  let inValue = false
  const begin = (): void => {
    depth += 1
  }
  const end = (): void => {
    depth -= 1
  }
  // Recursive, but the nesting of the line is bounded by now. The path is made once: for each member it would cost as much as the nesting is deep.
  visit(text, {
    onArrayBegin: begin,
    onArrayEnd: end,
    onObjectBegin: () => {
      begin()
      objects.push(new Set())
    },
    onObjectEnd: () => {
      end()
      objects.pop()
    },
    onObjectProperty: (name, _offset, _length, _line, _character, pathSupplier) => {
      const names = objects.at(-1)
      if (depth === 1) inValue = jsonValue && name === 'value'
      // The second "value" itself is outside of it.
      const skipped = inValue && depth > 1
      if (found !== undefined || skipped) return
      if (names?.has(name) === true) found = formatPath([...pathSupplier(), name], '$')
      names?.add(name)
    },
  })
  const path = found ?? '$'
  return new NdjsonError(`"${path}" expected to stand once, got it twice`, { line, path })
}
