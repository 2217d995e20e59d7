import { Buffer } from 'node:buffer'
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto'

import { KeyVaultError } from './key-vault-error.ts'

/** The types of keys that wrap. */
export type KeyType = 'RSA' | 'RSA-HSM' | 'oct-HSM'

/** Attributes of a key version; times in seconds since the epoch. */
export interface KeyAttributes {
  enabled: boolean
  exp?: number | undefined
  nbf?: number | undefined
  readonly created: number
  updated: number
}

/** One version of a key. */
export interface KeyVersion {
  readonly version: string
  readonly type: KeyType
  readonly attributes: KeyAttributes
  readonly operations: readonly string[]
  /** The private key of RSA, or the bytes of AES. */
  readonly secret: KeyObject | Buffer
}

/** Options of a new key. */
export interface KeyOptions {
  readonly type: KeyType
  readonly size?: number | undefined
  readonly operations?: readonly string[] | undefined
  readonly attributes?: Partial<KeyAttributes> | undefined
}

const ALL = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']
/** RFC 3394 section 2.2.3.1. */
const WRAP_IV = Buffer.alloc(8, 0xa6)
const IV_LENGTH = 12
const TAG_LENGTH = 16

/** RSA keys take long to generate, so there are a few of each size. They take turns: no two keys that are created one after the other are the same. */
const POOL = 4
const pools = new Map<number, KeyObject[]>()

/** Creates a version, with a random name of 32 hex digits. */
export function createVersion({ type, size, operations = ALL, attributes }: KeyOptions, now: number): KeyVersion {
  return {
    version: randomBytes(16).toString('hex'),
    type,
    operations,
    attributes: { enabled: true, created: now, updated: now, ...attributes },
    secret: type === 'oct-HSM' ? randomBytes((size ?? 256) / 8) : privateKey(size ?? 2_048),
  }
}

function privateKey(size: number): KeyObject {
  const pool = pools.get(size) ?? []
  pools.set(size, pool)
  const key = pool.length < POOL ? generateKeyPairSync('rsa', { modulusLength: size }).privateKey : pool.shift()
  if (key === undefined) throw new Error('the pool is empty')
  pool.push(key)
  return key
}

/** Returns the public half in the form of a JSON Web Key. */
export function publicPart({ secret }: KeyVersion): { readonly n?: string; readonly e?: string } {
  if (Buffer.isBuffer(secret)) return {}
  const { n = '', e = '' } = createPublicKey(secret).export({ format: 'jwk' }) as { n?: string; e?: string }
  return { n, e }
}

/** Wraps or unwraps. */
export function wrapOrUnwrap(key: KeyVersion, wraps: boolean, alg: unknown, value: Buffer): Buffer {
  const { secret, type } = key
  if (type === 'oct-HSM' ? alg !== 'A256KW' : alg !== 'RSA-OAEP-256' && alg !== 'RSA-OAEP')
    throw new KeyVaultError(400, 'BadParameter', 'the algorithm does not fit the key')
  try {
    if (Buffer.isBuffer(secret)) {
      const cipher = wraps
        ? createCipheriv('aes256-wrap', secret, WRAP_IV)
        : createDecipheriv('aes256-wrap', secret, WRAP_IV)
      return Buffer.concat([cipher.update(value), cipher.final()])
    }
    const oaepHash = alg === 'RSA-OAEP' ? 'sha1' : 'sha256'
    const options = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }
    return wraps
      ? publicEncrypt({ key: createPublicKey(secret), ...options }, value)
      : privateDecrypt({ key: secret, ...options }, value)
  } catch {
    throw new KeyVaultError(400, 'BadParameter', 'Error occurred while decoding OAEP padding')
  }
}

/** Encrypts with A256GCM. The service makes the IV. */
export function encrypt(key: KeyVersion, alg: unknown, value: Buffer, aad: Buffer) {
  const iv = randomBytes(IV_LENGTH)
  const cipher = createCipheriv('aes-256-gcm', aesKey(key, alg), iv, { authTagLength: TAG_LENGTH }).setAAD(aad)
  const encrypted = Buffer.concat([cipher.update(value), cipher.final()])
  return { value: encrypted, iv, tag: cipher.getAuthTag() }
}

/** Decrypts with A256GCM. */
export function decrypt(
  key: KeyVersion,
  alg: unknown,
  value: Buffer,
  { iv, tag, aad }: Record<'iv' | 'tag' | 'aad', Buffer>,
) {
  const secret = aesKey(key, alg)
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, iv, { authTagLength: TAG_LENGTH })
      .setAAD(aad)
      .setAuthTag(tag)
    return Buffer.concat([decipher.update(value), decipher.final()])
  } catch {
    throw new KeyVaultError(400, 'BadParameter', 'the message is not authentic')
  }
}

function aesKey({ secret }: KeyVersion, alg: unknown): Buffer {
  if (Buffer.isBuffer(secret) && alg === 'A256GCM') return secret
  throw new KeyVaultError(400, 'BadParameter', 'the algorithm does not fit the key')
}
