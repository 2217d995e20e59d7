import type { RecordHeader } from '../types.ts'
import { WireError } from './wire-error.ts'

/** The header that marks a record's value as encrypted. Exact and case-sensitive. */
export const MARKER_KEY = 'kroxylicious.io/encryption'

/** The only encryption version that is written, or read: wrapper V2 around parcel V1. */
export const ENCRYPTION_VERSION = 2

/** Creates a marker. The receiver can change its byte, so no two calls share one. */
export function createMarker(): RecordHeader {
  return Object.freeze({ key: MARKER_KEY, value: Uint8Array.of(ENCRYPTION_VERSION) })
}

/** Finds the first marker at or after `from`; -1 without one. */
export function findMarker(headers: readonly RecordHeader[], from = 0): number {
  for (let i = from; i < headers.length; i++) if ((headers[i] as RecordHeader).key === MARKER_KEY) return i
  return -1
}

/** @throws WireError `malformed` when the marker is not one byte, `unsupported` for another version than 2. */
export function checkMarker(marker: RecordHeader): void {
  const { value } = marker
  if (value === null || value.length !== 1) throw new WireError('malformed', 'the marker header does not have one byte')
  if (value[0] !== ENCRYPTION_VERSION) {
    throw new WireError(
      'unsupported',
      `the marker header names encryption version ${value[0] as number}, and only version ${ENCRYPTION_VERSION} is supported`,
    )
  }
}
