import { Buffer } from 'node:buffer'
import { isDeepStrictEqual } from 'node:util'

import { ClauseError } from './clause-error.ts'
import { describe } from './describe.ts'

/** Fails the clause unless `condition` holds. */
export function expectThat(condition: boolean, message: string, cause?: unknown): asserts condition {
  if (!condition) throw new ClauseError(message, cause === undefined ? undefined : { cause })
}

/** Fails the clause unless both are deeply equal. */
export function expectEqual(got: unknown, expected: unknown, what: string): void {
  expectThat(isDeepStrictEqual(got, expected), `"${what}" expected ${shown(expected)}, got ${shown(got)}`)
}

/** Returns whether two arrays hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 120)) : describe(value)
}
