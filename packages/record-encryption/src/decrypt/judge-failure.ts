import { isDekError, isKmsError, isVersionRejection, type Kek, type KmsErrorCode } from '@keyfold/kms-api'

import { keyGoneText } from '../errors/key-gone-text.ts'
import { keyAheadText } from '../errors/rejection-texts.ts'
import { invalidEdek, type EdekRejection } from './edek-table.ts'
import type { TrustedEdek } from './trusted-edeks.ts'

const EDEK_INVALID: ReadonlySet<KmsErrorCode> = new Set(['KMS_INVALID_EDEK', 'KMS_KEK_MISMATCH'])
/** Codes that are about a KEK. For a KEK that the rule does not name, those of a lookup and a context count too. */
const KEY_GONE: ReadonlySet<KmsErrorCode> = new Set([
  'KMS_UNKNOWN_KEY',
  'KMS_KEY_UNAVAILABLE',
  'KMS_ACCESS_DENIED',
  'KMS_INVALID_KEY_USAGE',
])
const UNNAMED_KEY_GONE: ReadonlySet<KmsErrorCode> = new Set([
  ...KEY_GONE,
  'KMS_UNKNOWN_ALIAS',
  'KMS_CONTEXT_UNSUPPORTED',
])

/** The policies for keys that are gone or ahead. */
export interface FailurePolicies {
  readonly onKeyGone: 'reject' | 'record'
  /** Whether records of this key version, which the KMS does not know, are rejected on their own. */
  isAheadVerdict(edek: TrustedEdek, kek: Kek): Promise<boolean>
}

/**
 * Decides whether a failure to unwrap an EDEK rejects only its records.
 *
 * @returns `undefined` for an error about the KMS rather than a record: the batch is rejected.
 */
export async function judgeFailure(
  policies: FailurePolicies,
  edek: TrustedEdek,
  error: unknown,
): Promise<EdekRejection | undefined> {
  if (isDekError(error, 'DEK_CLAIMED')) return invalidEdek(error)
  if (!isKmsError(error)) return undefined
  if (EDEK_INVALID.has(error.code)) return invalidEdek(error)
  const kek = withVersion(edek.entry.kek, error.kek)
  if (error.code === 'KMS_KEY_VERSION_AHEAD') {
    return (await policies.isAheadVerdict(edek, kek))
      ? { code: 'RECORD_KEY_AHEAD', message: keyAheadText(kek), cause: error }
      : undefined
  }
  const isVerdict =
    isVersionRejection(error) ||
    (edek.named ? policies.onKeyGone === 'record' && KEY_GONE.has(error.code) : UNNAMED_KEY_GONE.has(error.code))
  return isVerdict ? { code: 'RECORD_KEY_GONE', message: keyGoneText(kek, error), cause: error } : undefined
}

/** Not every EDEK names the version that wrapped it; the provider may know it. */
function withVersion(kek: Kek, known: Kek | undefined): Kek {
  return kek.version !== undefined || known?.version === undefined || known.id !== kek.id
    ? kek
    : { ...kek, version: known.version }
}
