import { Buffer } from 'node:buffer'

import {
  InvalidKeyUsageError,
  InvalidResponseError,
  KeyUnavailableError,
  type KmsErrorDetails,
  type KmsHealth,
} from '@keyfold/kms-api'

import { versionOf } from '../edek.ts'

/** A response of the server. Internal: it may hold keys and tokens. */
export interface VaultResponse {
  readonly status: number
  /** The parsed JSON; `undefined` where there is none. */
  readonly body: unknown
  /** The key that was cut out of the body; belongs to whoever sent the request. */
  readonly key?: Uint8Array | undefined
  readonly retryAfterMs: number | undefined
}

/** What a key has to be. */
export const USABLE_KEY = 'a key of type aes256-gcm96 or chacha20-poly1305 that is neither derived nor convergent'

const TYPES: readonly unknown[] = ['aes256-gcm96', 'chacha20-poly1305']

/** Returns a property of something that may be an object; inherited ones do not count. */
export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** Returns the texts that a server put into `errors`; `undefined` if the body is no error of Vault. */
export function errorsOf(body: unknown): readonly string[] | undefined {
  const errors = property(body, 'errors')
  return Array.isArray(errors) ? errors.filter((each) => typeof each === 'string') : undefined
}

/**
 * Returns `data` of a success.
 *
 * @throws `KMS_INVALID_RESPONSE` if there is none, or a warning says that the server ignored a parameter: what it should have bound is not.
 */
export function dataOf({ body }: VaultResponse, details: KmsErrorDetails): unknown {
  const data = property(body, 'data')
  if (typeof data !== 'object' || data === null) throw new InvalidResponseError('data', details)
  const warnings = property(body, 'warnings')
  if (Array.isArray(warnings) && warnings.some((each) => typeof each !== 'string' || /parameter|ignored/i.test(each)))
    throw new InvalidResponseError('one that takes account of all parameters', details)
  return data
}

/** Returns the bytes of the `ciphertext`. @throws `KMS_INVALID_RESPONSE` unless it is canonical and of the key version that the response names. */
export function ciphertextOf(data: unknown, details: KmsErrorDetails): Uint8Array {
  const ciphertext = property(data, 'ciphertext')
  const version = typeof ciphertext === 'string' ? versionOf(ciphertext) : undefined
  if (typeof ciphertext !== 'string' || version === undefined || String(property(data, 'key_version')) !== version)
    throw new InvalidResponseError('an encrypted key and its version', details)
  return Buffer.from(ciphertext, 'latin1')
}

/**
 * Checks that a key wraps DEKs, and may do so now.
 *
 * @param data - what Vault says about the key.
 * @param type - the kind that it must be; by default either of both.
 * @returns the newest version of the key.
 * @throws `KMS_INVALID_KEY_USAGE` for another kind of key, `KMS_KEY_UNAVAILABLE` for a soft-deleted one, `KMS_INVALID_RESPONSE` for another key.
 */
export function usableVersionOf(data: unknown, keyName: string, details: KmsErrorDetails, type?: string): string {
  const latest = property(data, 'latest_version')
  if (property(data, 'name') !== keyName || typeof latest !== 'number' || !Number.isInteger(latest) || latest < 1)
    throw new InvalidResponseError('the key that was requested', details)
  if (property(data, 'soft_deleted') === true) throw new KeyUnavailableError('deleted', details)
  const usable =
    (type === undefined ? TYPES : [type]).includes(property(data, 'type')) &&
    property(data, 'derived') !== true &&
    property(data, 'convergent_encryption') !== true &&
    property(data, 'supports_encryption') === true &&
    property(data, 'supports_decryption') === true
  if (!usable) throw new InvalidKeyUsageError(USABLE_KEY, details)
  return String(latest)
}

/** Reads what `sys/health` says: by its body, because statuses can be configured, and a proxy may respond 200 for itself. */
export function healthOf({ status, body }: VaultResponse): KmsHealth {
  const [initialized, sealed] = [property(body, 'initialized'), property(body, 'sealed')]
  if (typeof initialized !== 'boolean' || typeof sealed !== 'boolean') {
    return status === 429
      ? { status: 'degraded', detail: 'rate limited' }
      : { status: 'down', detail: 'the response is not one of Vault' }
  }
  if (!initialized) return { status: 'down', detail: 'not initialised' }
  if (sealed) return { status: 'down', detail: 'sealed' }
  if (status === 472) return { status: 'down', detail: 'disaster recovery secondary' }
  if (status === 474) return { status: 'down', detail: 'standby without an active node' }
  if (property(body, 'performance_standby') === true) return { status: 'ok', detail: 'performance standby' }
  return property(body, 'standby') === true ? { status: 'ok', detail: 'standby' } : { status: 'ok' }
}
