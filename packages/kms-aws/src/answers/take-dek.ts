import { createDek, InvalidEdekError, InvalidResponseError, type Dek, type KmsErrorDetails } from '@keyfold/kms-api'

const DEK_LENGTH = 32

/**
 * Makes a DEK of the `Plaintext` of an answer, which is a view of memory that Node shares: it is copied, and zeroed.
 *
 * @throws `KMS_INVALID_RESPONSE` when there is none, or a fresh one has another length; `KMS_INVALID_EDEK` when an EDEK held other plaintext than
 * a DEK: who may use the KEK can make such a one, and it must not look like an outage.
 */
export function takeDek(plaintext: Uint8Array | undefined, origin: Dek['origin'], details: KmsErrorDetails): Dek {
  if (!(plaintext instanceof Uint8Array) || plaintext.length === 0)
    throw new InvalidResponseError(`a key of ${DEK_LENGTH} bytes`, details)
  const own = new Uint8Array(new ArrayBuffer(plaintext.length))
  own.set(plaintext)
  plaintext.fill(0)
  if (own.length === DEK_LENGTH) return createDek(own, origin)
  own.fill(0)
  const { provider, operation } = details
  throw origin === 'unwrapped'
    ? new InvalidEdekError({ provider, operation })
    : new InvalidResponseError(`a key of ${DEK_LENGTH} bytes`, details)
}
