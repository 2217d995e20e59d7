import type { RecordErrorCode } from './record-error.ts'

/**
 * Rejections of records that somebody may have injected or moved: passing such a record on would complete the attack. A record whose key
 * version is ahead of the KMS may be a good one, and must not be lost.
 */
const NEVER_RAW: ReadonlySet<RecordErrorCode> = new Set([
  'RECORD_PLAINTEXT',
  'RECORD_MARKED',
  'RECORD_NESTED',
  'RECORD_TOMBSTONE',
  'RECORD_KEK_UNTRUSTED',
  'RECORD_BINDING',
  'RECORD_DISTRUSTED',
  'RECORD_KEY_AHEAD',
])

/** Returns whether `onDecryptError: 'raw'` passes a record that was rejected with `code`, if `onKeyAhead` is unset. For handlers that extend `raw`. */
export function mayPassRaw(code: RecordErrorCode): boolean {
  return !NEVER_RAW.has(code)
}
