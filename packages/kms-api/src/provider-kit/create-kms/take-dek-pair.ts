import { types } from 'node:util'

import type { Edek, Kek } from '../../contract/kek.ts'
import type { DekPair } from '../../contract/kms.ts'
import { sameKek } from '../../contract/same-kek.ts'
import type { KmsErrorDetails } from '../../errors/kms-error.ts'
import { InvalidResponseError } from '../../errors/kms-errors.ts'
import { decodeEdek } from './decode-edek.ts'
import type { GeneratedDek, ProviderOperations } from './provider-operations.ts'
import { takeDek } from './take-dek.ts'

/**
 * Checks what `generate` returned, and creates the DEK of it. The bytes are zeroed in every case; the EDEK is copied.
 *
 * @param kek - the KEK that the EDEK must name.
 * @param bound - whether an encryption context must be bound to it.
 * @throws `KMS_INVALID_RESPONSE` unless there are 32 bytes, not all zero, and an EDEK that can be decrypted again with these arguments.
 */
export function takeDekPair<F>(
  operations: ProviderOperations<F>,
  generated: unknown,
  kek: Kek,
  bound: boolean,
  details: KmsErrorDetails,
): DekPair {
  const { bytes, edek } = (generated ?? {}) as Partial<GeneratedDek>
  const dek = takeDek(bytes, 'generated', details)
  if (types.isUint8Array(edek)) {
    const copy = new Uint8Array(edek)
    if (isReadable(operations, copy, kek, bound, details)) return { dek, edek: copy }
  }
  dek.destroy()
  throw new InvalidResponseError('an EDEK of the KEK', details)
}

function isReadable<F>(
  operations: ProviderOperations<F>,
  edek: Edek,
  kek: Kek,
  bound: boolean,
  details: KmsErrorDetails,
): boolean {
  try {
    const decoded = decodeEdek(operations, edek, details)
    return decoded.bound === bound && sameKek(decoded.reference, kek)
  } catch {
    return false
  }
}
