import { ByteFormatError } from '../../bytes/byte-format-error.ts'
import type { Edek, Kek } from '../../contract/kek.ts'
import { isKmsError, type KmsErrorDetails } from '../../errors/kms-error.ts'
import { InvalidEdekError } from '../../errors/kms-errors.ts'
import { sanitizeCause } from '../../errors/sanitize-cause.ts'
import type { DecodedEdek, ProviderOperations } from './provider-operations.ts'
import { ownReference } from './references.ts'

/** A {@link DecodedEdek}, and a frozen copy of its reference for callers. */
export interface CheckedEdek<F> extends DecodedEdek<F> {
  readonly reference: Kek
}

/**
 * Reads an EDEK with the provider's `decode`, and checks what that returns.
 *
 * @param edek - neither kept nor changed: `decode` receives a copy.
 * @throws `KMS_INVALID_EDEK` if `decode` returns `undefined`, throws anything but a `KmsError`, or returns no reference of this provider. An
 * EDEK is hostile input, so even a fault of `decode` is a rejection of these bytes and not an outage.
 */
export function decodeEdek<F>(operations: ProviderOperations<F>, edek: Edek, details: KmsErrorDetails): CheckedEdek<F> {
  const decoded = decode(operations, new Uint8Array(edek), details)
  const reference = ownReference(decoded?.kek, operations.provider)
  if (decoded === undefined || reference === undefined || typeof decoded.bound !== 'boolean')
    throw new InvalidEdekError(details)
  return { ...decoded, reference }
}

function decode<F>(
  operations: ProviderOperations<F>,
  edek: Edek,
  details: KmsErrorDetails,
): DecodedEdek<F> | undefined {
  try {
    return operations.decode(edek)
  } catch (error) {
    if (isKmsError(error)) throw error
    throw new InvalidEdekError(error instanceof ByteFormatError ? details : { ...details, cause: sanitizeCause(error) })
  }
}
