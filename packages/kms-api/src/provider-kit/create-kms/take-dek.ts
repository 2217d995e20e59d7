import { types } from 'node:util'

import type { Dek } from '../../contract/dek.ts'
import { createDek } from '../../dek/create-dek.ts'
import { KEY_LENGTH } from '../../dek/key.ts'
import type { KmsError, KmsErrorDetails } from '../../errors/kms-error.ts'
import { InvalidEdekError, InvalidResponseError } from '../../errors/kms-errors.ts'

/**
 * Creates a DEK of the bytes that an operation returned. Copies them into memory of their own and zeroes them, also if it throws.
 *
 * @throws `KMS_INVALID_RESPONSE` for what is no bytes, and for 32 zero bytes: a response that was wiped too early would be a known key.
 * @throws `KMS_INVALID_EDEK` for another length of an unwrapped DEK (a principal that may use the KEK can wrap something else, which is not a fault of
 * the KMS), `KMS_INVALID_RESPONSE` for another length of a generated one.
 */
export function takeDek(bytes: unknown, origin: Dek['origin'], details: KmsErrorDetails): Dek {
  if (!types.isUint8Array(bytes)) throw new InvalidResponseError('the bytes of a DEK', details)
  try {
    if (bytes.length !== KEY_LENGTH) throw wrongLength(origin, details)
    if (isZero(bytes)) throw new InvalidResponseError('a DEK that is not all zeros', details)
    const own = new Uint8Array(new ArrayBuffer(KEY_LENGTH))
    own.set(bytes)
    return createDek(own, origin)
  } finally {
    bytes.fill(0)
  }
}

function wrongLength(origin: Dek['origin'], details: KmsErrorDetails): KmsError {
  return origin === 'generated'
    ? new InvalidResponseError(`a DEK of ${KEY_LENGTH} bytes`, details)
    : new InvalidEdekError({ provider: details.provider, operation: details.operation })
}

/** Looks at every byte, whatever they are. */
function isZero(bytes: Uint8Array): boolean {
  let all = 0
  for (const byte of bytes) all |= byte
  return all === 0
}
