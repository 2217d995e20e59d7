import type { RecordErrorCode } from './record-error.ts'

/**
 * Rejections that say "somebody put this here": to hand such a record on, even as it came, would be the attack. One whose key version is ahead of the KMS may be
 * a good record, which must not get lost.
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

/** Says whether `onDecryptError: 'raw'` hands on a record that was rejected with `code`, without `onKeyAhead`. For handlers that do the same and more. */
export function mayPassRaw(code: RecordErrorCode): boolean {
  return !NEVER_RAW.has(code)
}
