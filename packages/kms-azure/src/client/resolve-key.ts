import { InvalidResponseError, isKmsError, KeyUnavailableError } from '@keyfold/kms-api'

import type { Boundary, KeyName } from '../keys/boundary.ts'
import { checkKey } from '../keys/check-key.ts'
import type { KekType } from '../keys/key-type.ts'
import type { AzureClient, RequestOptions } from './azure-client.ts'

/** A configuration that says of which type keys are that need no look-up. */
export interface PinnedType {
  readonly pinnedKeyType?: KekType | undefined
}

/** How a key is resolved. */
export interface ResolveOptions extends PinnedType {
  readonly request: RequestOptions
  /** Whether an encryption context will be bound. */
  readonly binds: boolean
  readonly now: number
}

/** A version of a key that can wrap. */
export interface ResolvedKey {
  /** As Azure spells it. */
  readonly keyName: string
  readonly keyVersion: string
  readonly keyType: KekType
  /** Whether Azure said so, or the configuration. */
  readonly lookedUp: boolean
}

/**
 * Looks a key up, and checks that it can wrap DEKs now. A URL with a version is not looked up where the configuration says the type of the key.
 *
 * @throws `KMS_UNKNOWN_ALIAS`, `KMS_KEY_UNAVAILABLE`, `KMS_INVALID_KEY_USAGE`, `KMS_CONTEXT_UNSUPPORTED`, and whatever an outage causes.
 * @see https://learn.microsoft.com/rest/api/keyvault/keys/get-key/get-key
 */
export async function resolveKey(
  client: AzureClient,
  boundary: Boundary,
  { keyName, keyVersion, isUrl }: KeyName & { readonly isUrl: boolean },
  { request, binds, now, pinnedKeyType }: ResolveOptions,
): Promise<ResolvedKey> {
  if (isUrl && keyVersion !== undefined && pinnedKeyType !== undefined) {
    const usable = { keyType: pinnedKeyType, keyOperations: ['wrapKey', 'unwrapKey', 'encrypt', 'decrypt'] }
    return { keyName, keyVersion, keyType: checkKey(usable, binds, now, client.details(request)), lookedUp: false }
  }
  const { result, kid } = await client
    .request({ ...request, permission: 'keys/get' }, ({ keys }, options) =>
      keys.getKey(keyName, { ...options, ...(keyVersion !== undefined && { version: keyVersion }) }),
    )
    .catch(async (error: unknown) => {
      if (isKmsError(error, 'KMS_UNKNOWN_ALIAS') || isKmsError(error, 'KMS_UNKNOWN_KEY'))
        await checkRecoverable(client, keyName, request)
      throw error
    })
  const named = kid === undefined ? undefined : boundary.keyOfUrl(kid)
  const details = client.details(request)
  if (
    named?.keyVersion === undefined ||
    named.keyName.toLowerCase() !== keyName.toLowerCase() ||
    (keyVersion !== undefined && named.keyVersion !== keyVersion)
  ) {
    throw new InvalidResponseError('the key that was requested', details)
  }
  const kek = boundary.kekOf(named.keyName, named.keyVersion, 'RSA')
  const { keyType, keyOperations, properties } = result
  const { enabled, notBefore, expiresOn } = properties
  const facts = { keyType, keyOperations, enabled, notBefore, expiresOn }
  return {
    keyName: named.keyName,
    keyVersion: named.keyVersion,
    keyType: checkKey(facts, binds, now, { ...details, kek }),
    lookedUp: true,
  }
}

/** A deleted key that can be recovered is not unknown. Without the permission to see deleted keys, it stays so. */
async function checkRecoverable(client: AzureClient, keyName: string, request: RequestOptions): Promise<void> {
  const deleted = await client
    .request(request, ({ keys }, options) => keys.getDeletedKey(keyName, { ...options }))
    .catch((error: unknown) => {
      request.signal?.throwIfAborted()
      if (!isKmsError(error)) throw error
    })
  if (deleted === undefined) return
  const hint = 'it was deleted and can be recovered until it is purged: az keyvault key recover'
  throw new KeyUnavailableError('pending-deletion', { ...client.details(request), hint })
}

/** A key version that was requested. */
export interface RequestedKey {
  readonly keyName: string
  readonly keyVersion: string
}

/** Compares the key version that a response names with the one that was requested. Azure ignores case. */
export function compareNames(
  boundary: Boundary,
  kid: string | undefined,
  requested: RequestedKey,
): 'same' | 'respelled name' | 'respelled version' | 'other' {
  const { keyName, keyVersion } = (kid === undefined ? undefined : boundary.keyOfUrl(kid)) ?? {}
  if (keyName?.toLowerCase() !== requested.keyName.toLowerCase()) return 'other'
  if (keyVersion === requested.keyVersion) return keyName === requested.keyName ? 'same' : 'respelled name'
  return keyVersion?.toLowerCase() === requested.keyVersion.toLowerCase() ? 'respelled version' : 'other'
}

/** Returns whether a response names the key version that was requested. Azure's names ignore case. */
export function isResponseFor(boundary: Boundary, kid: string | undefined, requested: RequestedKey): boolean {
  return ['same', 'respelled name'].includes(compareNames(boundary, kid, requested))
}
