import type { RecordErrorCode } from './record-error.ts'

/** RecordRejections that say "somebody put this here": to hand such a record on, even as it came, would be the attack. */
const NEVER_RAW: ReadonlySet<RecordErrorCode> = new Set([
  'RECORD_PLAINTEXT',
  'RECORD_MARKED',
  'RECORD_NESTED',
  'RECORD_TOMBSTONE',
  'RECORD_KEK_UNTRUSTED',
  'RECORD_BINDING',
  'RECORD_DISTRUSTED',
])

/** Says whether `onDecryptError: 'raw'` hands on a record that was refused with `code`. For handlers that do the same and more. */
export function mayPassRaw(code: RecordErrorCode): boolean {
  return !NEVER_RAW.has(code)
}
