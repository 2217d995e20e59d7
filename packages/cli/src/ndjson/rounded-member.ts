import { visit } from 'jsonc-parser'

import { expectInteger } from './integers.ts'
import { MIN_OFFSET, MIN_TIMESTAMP } from './record-members.ts'

const LEAST: Readonly<Record<string, number>> = { partition: 0, offset: MIN_OFFSET, timestamp: MIN_TIMESTAMP }

/**
 * Looks at the text of the members that are integers, in a line that is known to be a record: `JSON.parse` rounds what a number cannot hold, and
 * `9007199254740991.4` would pass for an integer.
 *
 * @throws NdjsonError of scope `line`.
 */
export function refuseRounded(text: string, line: number): void {
  // Recursive, but the nesting of the line is bounded by now.
  visit(text, {
    onLiteralValue: (value, offset, length, _line, _character, pathSupplier) => {
      if (typeof value !== 'number') return
      const [name, ...inside] = pathSupplier()
      const least =
        typeof name === 'string' && inside.length === 0 && Object.hasOwn(LEAST, name) ? LEAST[name] : undefined
      if (least !== undefined) expectInteger(text.slice(offset, offset + length), String(name), least, line)
    },
  })
}
