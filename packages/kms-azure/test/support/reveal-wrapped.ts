import { Buffer } from 'node:buffer'
import { constants, createDecipheriv, privateDecrypt, type KeyObject } from 'node:crypto'

import type { Edek } from '@keyfold/kms-api'
import type { KeyVaultServer } from '@keyfold/servers/azure'

import { decodeEdek } from '../../src/edek.ts'

/** Unwraps an EDEK with the private key of the server. An encryption context is not needed to see what was encrypted. */
export function revealWrapped(server: KeyVaultServer, edek: Edek): Uint8Array {
  const fields = decodeEdek(edek)
  if (fields === undefined) throw new Error('an EDEK was expected')
  const { keyName, keyVersion, wrapped, gcm } = fields
  const { secret } = server.keys.find(keyName, keyVersion).version
  if (!Buffer.isBuffer(secret)) return new Uint8Array(unwrapRsa(secret, wrapped))
  if (gcm === undefined)
    return new Uint8Array(createDecipheriv('aes256-wrap', secret, Buffer.alloc(8, 0xa6)).update(wrapped))
  return new Uint8Array(createDecipheriv('aes-256-gcm', secret, gcm.iv).update(wrapped))
}

function unwrapRsa(key: KeyObject, wrapped: Uint8Array): Buffer {
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, wrapped)
}
