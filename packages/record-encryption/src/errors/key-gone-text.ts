import { printable, type Kek, type KmsError } from '@keyfold/kms-api'

import { versionOf } from './rejection-texts.ts'

/** The text for each state of a KEK, and how to undo it. */
const STATES: Readonly<Record<string, string>> = {
  disabled: 'is disabled; enable it to decrypt the record',
  'pending-deletion': 'is scheduled for deletion; cancel the deletion and enable it to decrypt the record',
  'pending-import': 'waits for its key material; import it to decrypt the record',
  expired: 'has expired; extend its validity, or import its key material again, to decrypt the record',
  'not-yet-valid': 'is not valid yet; correct its validity to decrypt the record',
  deleted: 'is deleted; recover it, or restore a backup, to decrypt the record',
  unresponsive:
    'gets no usable response, although the KMS responds about the KEK of the rule; check its kind and its key store. ' +
    'Name it in previousKeks as { id: … } if its outage must reject the batch',
}

/** The text for each state of a KEK version. */
const VERSION_STATES: Readonly<Record<string, string>> = {
  'too-old': 'is older than the KMS decrypts; lower the minimum version for decryption to decrypt the record',
  'version-unavailable':
    'is unknown or disabled in the KMS; enable or restore that version to decrypt the record. If nobody created it, the record is forged',
}

/** Describes the version and KEK that cannot be used, its state, and how to undo it. */
export function keyGoneText(kek: Kek, error: KmsError): string {
  const { state } = error as KmsError & { readonly state?: unknown }
  const subject = kek.version === undefined ? `KEK ${printable(kek.id)}` : versionOf(kek)
  if (typeof state === 'string' && Object.hasOwn(VERSION_STATES, state))
    return `${versionOf(kek)}, which the record names, ${VERSION_STATES[state]}`
  return `${subject}, which the record names, ${predicateOf(error, state)}`
}

function predicateOf({ code, permission }: KmsError, state: unknown): string {
  switch (code) {
    case 'KMS_UNKNOWN_ALIAS':
    case 'KMS_UNKNOWN_KEY':
      return 'does not exist in the KMS; recover it, or restore a backup, to decrypt the record'
    case 'KMS_ACCESS_DENIED':
      return `is denied to this principal; grant ${permission ?? 'permission to decrypt with it'} to decrypt the record`
    case 'KMS_INVALID_KEY_USAGE':
      return 'cannot wrap data keys: it is of another kind, or lacks the permission to decrypt'
    case 'KMS_CONTEXT_UNSUPPORTED':
      return 'cannot bind an encryption context'
    default:
      if (typeof state !== 'string') return `cannot be used (${code})`
      return Object.hasOwn(STATES, state) ? (STATES[state] as string) : `cannot be used now (state ${printable(state)})`
  }
}
