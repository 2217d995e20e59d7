import { visit } from 'jsonc-parser'

import { expectInteger } from './integers.ts'
import { MIN_OFFSET, MIN_TIMESTAMP } from './record-members.ts'

const MINIMUM: Readonly<Record<string, number>> = { partition: 0, offset: MIN_OFFSET, timestamp: MIN_TIMESTAMP }

/**
 * Looks at the text of the members that are integers, in a line that is known to be a record: `JSON.parse` rounds what a number cannot hold, and
 * `9007199254740991.4` would pass for an integer.
 *
 * @throws NdjsonError of scope `line`.
 */
export function rejectRounded(text: string, line: number): void {
  let depth = 0
  let member = ''
  const begin = (): void => {
    depth += 1
  }
  const end = (): void => {
    depth -= 1
  }
  // Recursive, but the nesting of the line is bounded by now.
  visit(text, {
    onArrayBegin: begin,
    onArrayEnd: end,
    onObjectBegin: begin,
    onObjectEnd: end,
    onObjectProperty: (name) => {
      if (depth === 1) member = name
    },
    onLiteralValue: (value, offset, length) => {
      if (typeof value !== 'number' || depth !== 1 || !Object.hasOwn(MINIMUM, member)) return
      expectInteger(text.slice(offset, offset + length), member, MINIMUM[member] ?? 0, line)
    },
  })
}
