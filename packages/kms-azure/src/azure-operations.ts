import { randomBytes } from 'node:crypto'

import {
  ContextUnsupportedError,
  InvalidEdekError,
  InvalidResponseError,
  isKmsError,
  momentOf,
  systemClock,
  type Clock,
  type Kek,
  type KmsHealth,
} from '@keyfold/kms-api'
import type { BoundContext, GeneratedDek, ProviderCall, ProviderOperations } from '@keyfold/kms-api/provider-kit'

import type { AzureClient, SdkOptions } from './client/azure-client.ts'
import { compareNames, isResponseFor, resolveKey, type PinnedType } from './client/resolve-key.ts'
import type { SdkSession } from './client/sdk-session.ts'
import { decodeEdek, encodeEdek, type EdekFields, type GcmParameters } from './edek.ts'
import type { Boundary } from './keys/boundary.ts'
import { BOUND_ALGORITHM, isWrappedLength, kekTypeOf, wrapAlgorithmOf, type KekType } from './keys/key-type.ts'
import { KnownTypes } from './keys/known-types.ts'
import { Spellings } from './keys/spellings.ts'
import { PROVIDER } from './provider.ts'

const DEK_LENGTH = 32
/** A key that nobody needs to have: `health` asks for it. */
const HEALTH_KEY = 'keyfold-health'

/** Options of {@link azureOperations}. */
export interface OperationsOptions extends PinnedType {
  readonly clock?: Clock | undefined
}

/** Returns the operations of Azure Key Vault and Managed HSM, over the keys of a boundary. */
export function azureOperations(
  client: AzureClient,
  boundary: Boundary,
  { clock = systemClock, pinnedKeyType }: OperationsOptions = {},
): ProviderOperations<EdekFields> {
  const types = new KnownTypes()
  const lookedUp = new KnownTypes()
  const spellings = new Spellings()

  return {
    provider: PROVIDER,

    accept(kek) {
      const key = boundary.keyOf(kek)
      if (key === undefined) return undefined
      const { id, version, wrapping } = kek
      return { provider: PROVIDER, id, ...(version !== undefined && { version }), wrapping }
    },

    decode(edek) {
      const fields = decodeEdek(edek)
      if (fields === undefined || !boundary.contains(fields)) return undefined
      const { keyName, keyVersion, keyType, gcm } = fields
      return { kek: boundary.kekOf(keyName, keyVersion, keyType), bound: gcm !== undefined, fields }
    },

    async resolve(kekSelector, context, call) {
      const { signal, operation } = call
      const key = boundary.keyOfSelector(kekSelector)
      const request = { operation, signal, kekSelector }
      const found = await resolveKey(client, boundary, key, {
        request,
        pinnedKeyType,
        binds: context !== undefined,
        now: momentOf(clock).wall,
      })
      spellings.check(key.keyName, found.keyName, kekSelector)
      const kek = boundary.kekOf(found.keyName, found.keyVersion, found.keyType)
      types.add(kek, found.keyType)
      if (found.lookedUp) lookedUp.add(kek, found.keyType)
      return kek
    },

    /** The DEK is generated here: Key Vault has no operation that does. */
    async generate(kek, context, { operation, signal }): Promise<GeneratedDek> {
      const { keyName, keyVersion } = await versionOf(kek, { operation, signal })
      const keyType = types.of(kek)
      if (context !== undefined && keyType !== 'oct-HSM')
        throw new ContextUnsupportedError(client.details({ operation, kek }))
      const bytes = new Uint8Array(new ArrayBuffer(DEK_LENGTH))
      bytes.set(randomBytes(DEK_LENGTH))
      try {
        const key = { keyName, keyVersion }
        const permission = context === undefined ? 'keys/wrapKey' : 'keys/encrypt'
        const { result, kid } = await client.request({ operation, kek, signal, permission }, (session, options) =>
          context === undefined
            ? wrap(session, key, keyType, bytes, options)
            : encrypt(session, key, bytes, context, options),
        )
        const details = client.details({ operation, kek })
        if (!isResponseFor(boundary, kid, key))
          throw new InvalidResponseError('the key version that was requested', details)
        const fits = result.gcm === undefined ? isWrappedLength(keyType, result.wrapped.length) : isGcm(result)
        if (!fits) throw new InvalidResponseError('an encrypted key', details)
        const { vaultName } = boundary
        return { bytes, edek: encodeEdek({ keyName, keyVersion, vaultName, keyType, ...result }) }
      } catch (error) {
        bytes.fill(0)
        throw error
      }
    },

    async unwrap(fields, kek, context, { operation, signal }) {
      const { keyName, keyVersion, wrapped, gcm } = fields
      const keyType = kekTypeOf(fields.keyType)
      // No key wraps 32 bytes like this, so there is nothing to request.
      const isWrapped = keyType !== undefined && (gcm !== undefined || isWrappedLength(keyType, wrapped.length))
      // Azure ignores case, and "distrust" and the rules do not: one key has one name here.
      const spelling = spellings.of(keyName)
      const isRespelled = spelling !== undefined && spelling !== keyName
      if (!isWrapped || isRespelled || !lookedUp.permits(kek, keyType))
        throw new InvalidEdekError({ provider: PROVIDER, operation })
      const key = { keyName, keyVersion }
      const permission = gcm === undefined ? 'keys/unwrapKey' : 'keys/decrypt'
      const { result, kid } = await client.request(
        { operation, kek, signal, permission },
        async (session, options) =>
          gcm === undefined
            ? (await session.cryptography(keyName, keyVersion).unwrapKey(wrapAlgorithmOf(keyType), wrapped, options))
                .result
            : await decrypt(session, key, wrapped, gcm, context, options),
        wipe,
      )
      const details = client.details({ operation, kek })
      // Of no byte, which the SDK leaves as it is; a response without a value is a fault of Azure.
      if ((result as unknown) === '') throw new InvalidEdekError({ provider: PROVIDER, operation })
      if (!(result instanceof Uint8Array)) throw new InvalidResponseError('a key of 32 bytes', details)
      // Anyone can wrap zeros with the public key, so they are the EDEK's, and neither a fault of Azure nor a key.
      if (result.every((byte) => byte === 0)) throw new InvalidEdekError({ provider: PROVIDER, operation })
      const answer = compareNames(boundary, kid, key)
      // A vault may respell names that are known to be right. One that nobody has looked up must be spelled as the vault spells it.
      if (answer === 'same' || (answer === 'respelled name' && spelling === keyName)) return result
      result.fill(0)
      if (answer !== 'other') throw new InvalidEdekError({ provider: PROVIDER, operation })
      throw new InvalidResponseError('the key version that was requested', details)
    },

    async ping(call): Promise<KmsHealth> {
      try {
        await client.request(call, ({ keys }, options) => keys.getKey(HEALTH_KEY, { ...options }))
      } catch (error) {
        // Both are responses of Azure to a principal that it knows.
        if (!isKmsError(error, 'KMS_UNKNOWN_KEY') && !isKmsError(error, 'KMS_ACCESS_DENIED')) throw error
      }
      return { status: 'ok' }
    },

    close: () => client.close(),
  }

  /** Returns the version that a reference names, or the current one of a reference without a version. */
  async function versionOf(kek: Kek, request: Pick<ProviderCall, 'operation' | 'signal'>) {
    const { keyName = '', keyVersion } = boundary.keyOf(kek) ?? {}
    if (keyVersion !== undefined) return { keyName, keyVersion }
    return await resolveKey(
      client,
      boundary,
      { keyName, isUrl: false },
      {
        request: { ...request, kek },
        binds: false,
        now: momentOf(clock).wall,
      },
    )
  }
}

interface KeyVersion {
  readonly keyName: string
  readonly keyVersion: string
}

interface Wrapped {
  readonly wrapped: Uint8Array
  readonly gcm?: GcmParameters
}

/** @see https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key/wrap-key */
async function wrap(
  session: SdkSession,
  { keyName, keyVersion }: KeyVersion,
  keyType: KekType,
  dek: Uint8Array,
  options: SdkOptions,
): Promise<Wrapped> {
  const client = session.cryptography(keyName, keyVersion)
  const { result } = await client.wrapKey(wrapAlgorithmOf(keyType), dek, { ...options })
  return { wrapped: bytesOf(result) }
}

/** @see https://learn.microsoft.com/rest/api/keyvault/keys/encrypt/encrypt */
async function encrypt(
  session: SdkSession,
  { keyName, keyVersion }: KeyVersion,
  plaintext: Uint8Array,
  { bytes }: BoundContext,
  options: SdkOptions,
): Promise<Wrapped> {
  const { result, iv, authenticationTag } = await session
    .cryptography(keyName, keyVersion)
    .encrypt({ algorithm: BOUND_ALGORITHM, plaintext, additionalAuthenticatedData: bytes }, { ...options })
  return { wrapped: bytesOf(result), gcm: { iv: bytesOf(iv), tag: bytesOf(authenticationTag) } }
}

/** @see https://learn.microsoft.com/rest/api/keyvault/keys/decrypt/decrypt */
async function decrypt(
  session: SdkSession,
  { keyName, keyVersion }: KeyVersion,
  ciphertext: Uint8Array,
  { iv, tag }: GcmParameters,
  context: BoundContext | undefined,
  options: SdkOptions,
): Promise<Uint8Array> {
  const { result } = await session.cryptography(keyName, keyVersion).decrypt(
    {
      algorithm: BOUND_ALGORITHM,
      ciphertext,
      iv,
      authenticationTag: tag,
      ...(context !== undefined && { additionalAuthenticatedData: context.bytes }),
    },
    { ...options },
  )
  return result
}

/** The SDK leaves out what a response lacks. */
function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0)
}

function isGcm({ wrapped, gcm }: Wrapped): boolean {
  const { iv, tag } = gcm ?? { iv: wrapped, tag: wrapped }
  return wrapped.length === DEK_LENGTH && tag.length === 16 && iv.length >= 12 && iv.length <= 16
}

function wipe(late: unknown): void {
  if (late instanceof Uint8Array) late.fill(0)
}
