import { isUint8Array } from 'node:util/types'

/** Names the type of a value for the "got" part of a message, never the value. */
export function describeType(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value !== 'object') return value === '' ? 'an empty string' : typeof value
  if (Array.isArray(value)) return 'Array'
  return isUint8Array(value) ? 'Uint8Array' : 'object'
}
