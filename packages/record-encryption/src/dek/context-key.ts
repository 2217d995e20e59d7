import { Buffer } from 'node:buffer'

import { encodeEncryptionContext, type EncryptionContext } from '@keyfold/kms-api'

/** Returns a key that is equal for equal contexts, and empty without one. */
export function contextKey(context: EncryptionContext | undefined): string {
  const encoded = encodeEncryptionContext(context)
  return encoded === undefined ? '' : Buffer.from(encoded).toString('base64')
}
