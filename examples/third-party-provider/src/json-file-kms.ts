import { randomFillSync } from 'node:crypto'

import {
  createDek,
  encodeEncryptionContext,
  InvalidEdekError,
  InvalidResponseError,
  isKmsError,
  KekMismatchError,
  KeyUnavailableError,
  KmsClosedError,
  sameKek,
  UnknownAliasError,
  UnknownKeyError,
  type Dek,
  type DekPair,
  type Edek,
  type Kek,
  type Kms,
  type KmsCallOptions,
  type KmsErrorDetails,
  type KmsHealth,
  type KmsOperation,
  type Secret,
} from '@keyfold/kms-api'
import { assertEdek, assertKek, assertKekSelector, withSignal } from '@keyfold/kms-api/provider-kit'

import { decodeEdek, encodeEdek } from './edek-layout.ts'
import { openVersion, readKeks, type ReadFile, type StoredKek } from './key-file.ts'
import { revealMasterKey } from './master-key.ts'
import { PROVIDER, reference } from './reference.ts'
import { openKey, sealKey } from './seal.ts'

/** What a client needs. */
export interface JsonFileOptions {
  readonly path: string
  readonly masterKey: Secret
  readonly read: ReadFile
}

/** A client of the KEKs in one file, which is read anew for each call. */
export class JsonFileKms implements Kms {
  readonly #options: JsonFileOptions
  readonly #closing = new AbortController()

  constructor(options: JsonFileOptions) {
    this.#options = options
  }

  async resolveKek(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<Kek> {
    const details = this.#begin('resolveKek', signal)
    assertKekSelector(kekSelector)
    const keks = await this.#keks(details, signal)
    const stored = keks.find(({ id, name }) => id === kekSelector || name === kekSelector)
    if (stored === undefined) throw new UnknownAliasError(kekSelector, details)
    return reference(usable(stored, details).id, stored.versions.length)
  }

  async generateDekPair(kek: Kek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<DekPair> {
    const details = this.#begin('generateDekPair', signal)
    assertKek(kek)
    const context = encodeEncryptionContext(encryptionContext)
    // A copy: the caller may change what it passed as soon as it has the promise.
    const named = { ...kek }
    const stored = find(await this.#keks(details, signal), named, details)
    const version = stored.versions.length
    return await this.#withVersion(stored, version, details, (key) => {
      if (key === undefined) throw new InvalidResponseError('a KEK with a version', details)
      const bytes = randomFillSync(new Uint8Array(new ArrayBuffer(32)))
      const edek = encodeEdek({
        bound: context !== undefined,
        kekId: stored.id,
        version,
        ...sealKey(key, bytes, context),
      })
      return { dek: createDek(bytes, 'generated'), edek }
    })
  }

  async decryptEdek(kek: Kek, edek: Edek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<Dek> {
    const details = this.#begin('decryptEdek', signal)
    assertKek(kek)
    assertEdek(edek)
    const context = encodeEncryptionContext(encryptionContext)
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new InvalidEdekError(details)
    const named = reference(fields.kekId)
    if (!sameKek(named, kek)) throw new KekMismatchError(details)
    if (fields.bound !== (context !== undefined)) throw new InvalidEdekError(details)
    const stored = find(await this.#keks(details, signal), named, details)
    return await this.#withVersion(stored, fields.version, details, (key) => {
      const bytes = key === undefined ? undefined : openKey(key, fields.iv, fields.wrapped, context)
      if (bytes === undefined) throw new InvalidEdekError(details)
      return createDek(bytes, 'unwrapped')
    })
  }

  kekOf(edek: Edek): Kek {
    const details = this.#begin('kekOf')
    assertEdek(edek)
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new InvalidEdekError(details)
    return reference(fields.kekId)
  }

  async health(): Promise<KmsHealth> {
    const details = this.#begin('health')
    try {
      await this.#keks(details)
      return { status: 'ok' }
    } catch (error) {
      if (isKmsError(error, 'KMS_CLOSED')) throw error
      return { status: 'down', detail: isKmsError(error) ? error.code : 'unknown' }
    }
  }

  close(): Promise<void> {
    this.#closing.abort()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(operation: KmsOperation, signal?: AbortSignal): KmsErrorDetails {
    const details = { provider: PROVIDER, operation }
    if (this.#closing.signal.aborted) throw new KmsClosedError(details)
    signal?.throwIfAborted()
    return details
  }

  /** Reads the file. An abort ends the wait with its reason, closing ends it with `KMS_CLOSED`. */
  async #keks(details: KmsErrorDetails, signal?: AbortSignal): Promise<readonly StoredKek[]> {
    const closing = this.#closing.signal
    const ended = signal === undefined ? closing : AbortSignal.any([closing, signal])
    const { read, path } = this.#options
    try {
      return await withSignal(() => readKeks(read, path, ended, details), ended)
    } finally {
      if (closing.aborted) throw new KmsClosedError(details)
    }
  }

  /** Lends one version of a KEK, `undefined` when there is no such version, and zeroes it. */
  async #withVersion<T>(
    kek: StoredKek,
    version: number,
    details: KmsErrorDetails,
    use: (key: Uint8Array | undefined) => T,
  ): Promise<T> {
    const masterKey = await revealMasterKey(this.#options.masterKey, details)
    let key: Uint8Array | undefined
    try {
      key = openVersion(kek, version, masterKey, details)
      return use(key)
    } finally {
      masterKey.fill(0)
      key?.fill(0)
    }
  }
}

function find(keks: readonly StoredKek[], kek: Kek, details: KmsErrorDetails): StoredKek {
  const stored = kek.provider === PROVIDER ? keks.find(({ id }) => id === kek.id) : undefined
  if (stored === undefined) throw new UnknownKeyError({ ...details, kek })
  return usable(stored, details)
}

function usable(stored: StoredKek, details: KmsErrorDetails): StoredKek {
  if (stored.disabled) throw new KeyUnavailableError('disabled', { ...details, kek: reference(stored.id) })
  return stored
}
