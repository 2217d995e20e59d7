import type { EncryptionContext } from '../contract/kms.ts'
import { bindContext } from './bind-context.ts'

/**
 * Encodes an encryption context as the bytes that a KMS binds. Two contexts are equal exactly when their bytes are. The caller owns the result.
 *
 * @returns `undefined` for `undefined` and for `{}`, which count as absent.
 * @throws TypeError if the context is not a plain object whose members are all own, enumerable, well-formed strings, or if it has more than 16
 * pairs or 4,096 encoded bytes.
 */
export function encodeEncryptionContext(context: EncryptionContext | undefined): Uint8Array | undefined {
  return bindContext(context)?.bytes
}
