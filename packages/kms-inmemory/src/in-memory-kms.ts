import {
  createDek,
  encodeEncryptionContext,
  InvalidEdekError,
  isKmsError,
  KekMismatchError,
  KeyUnavailableError,
  KeyVersionAheadError,
  KmsClosedError,
  sameKek,
  UnknownAliasError,
  type Dek,
  type DekPair,
  type Edek,
  type Kek,
  type Kms,
  type KmsCallOptions,
  type KmsError,
  type KmsErrorDetails,
  type KmsHealth,
  type KmsOperation,
} from '@keyfold/kms-api'
import { assertEdek, assertKek, assertKekSelector, withSignal } from '@keyfold/kms-api/provider-kit'

import type { Backend } from './admin/backend.ts'
import type { FaultCall } from './admin/faults.ts'
import { decodeEdek } from './codec/decode-edek.ts'
import { encodeEdek } from './codec/encode-edek.ts'
import { kekReference, PROVIDER } from './keys/kek-reference.ts'
import type { StoredVersion } from './keys/stored-kek.ts'
import { createDekBytes, isUnwrappable, unwrapDek, wrapDek } from './keys/wrap-dek.ts'

/** One client of the KEKs in a {@link Backend}. */
export class InMemoryKms implements Kms {
  readonly #backend: Backend
  /** Aborted by `close()`, so that nobody waits on. */
  readonly #closing = new AbortController()

  constructor(backend: Backend) {
    this.#backend = backend
  }

  async resolveKek(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<Kek> {
    this.#begin('resolveKek', signal)
    assertKekSelector(kekSelector)
    await this.#request({ operation: 'resolveKek', kekSelector, signal })
    const stored = this.#backend.keks.resolve(kekSelector)
    if (stored === undefined) throw new UnknownAliasError(kekSelector, details('resolveKek'))
    const kek = kekReference(stored.id, stored.version)
    if (stored.state !== 'enabled') throw new KeyUnavailableError(stored.state, { ...details('resolveKek'), kek })
    return kek
  }

  async generateDekPair(kek: Kek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<DekPair> {
    this.#begin('generateDekPair', signal)
    assertKek(kek)
    const context = encodeEncryptionContext(encryptionContext)
    // Copies, here and below: the caller may change what it passed as soon as it has the promise.
    const named = { ...kek }
    await this.#request({ operation: 'generateDekPair', kek: named, signal })
    const { id, newest } = this.#backend.keks.usable(named, details('generateDekPair'))
    const bytes = createDekBytes()
    const edek = encodeEdek(wrapDek(newest, id, bytes, context))
    return { dek: createDek(bytes, 'generated'), edek }
  }

  async decryptEdek(kek: Kek, edek: Edek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<Dek> {
    this.#begin('decryptEdek', signal)
    assertKek(kek)
    assertEdek(edek)
    const context = encodeEncryptionContext(encryptionContext)
    const invalid = () => new InvalidEdekError(details('decryptEdek'))
    const fields = decodeEdek(edek)
    if (fields === undefined) throw invalid()
    const named = kekReference(fields.kekId)
    if (!sameKek(named, kek)) throw new KekMismatchError(details('decryptEdek'))
    if (!isUnwrappable(fields) || fields.bound !== (context !== undefined)) throw invalid()
    await this.#request({ operation: 'decryptEdek', kek: named, signal })
    const { newestFirst } = this.#backend.keks.usable(named, details('decryptEdek'))
    for (const version of newestFirst) {
      const bytes = unwrapDek(version.key, fields, context)
      if (bytes === undefined) continue
      const rejection = rejectionOf(version, named)
      if (rejection === undefined) return createDek(bytes, 'unwrapped')
      bytes.fill(0)
      throw rejection
    }
    throw invalid()
  }

  kekOf(edek: Edek): Kek {
    this.#checkOpen('kekOf')
    assertEdek(edek)
    const fields = decodeEdek(edek)
    if (fields === undefined) throw new InvalidEdekError(details('kekOf'))
    return kekReference(fields.kekId)
  }

  async health(): Promise<KmsHealth> {
    this.#begin('health')
    try {
      await this.#request({ operation: 'health' })
      return { status: 'ok' }
    } catch (error) {
      if (isKmsError(error, 'KMS_CLOSED')) throw error
      return { status: 'down', detail: isKmsError(error) ? error.code : 'the fault hook threw' }
    }
  }

  close(): Promise<void> {
    this.#closing.abort()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(operation: KmsOperation, signal?: AbortSignal): void {
    this.#checkOpen(operation)
    signal?.throwIfAborted()
  }

  /** Stands for the way to the server: whatever is refused without a request is refused before this. */
  async #request(call: Omit<FaultCall, 'callNumber'>): Promise<void> {
    const closing = this.#closing.signal
    const ended = call.signal === undefined ? closing : AbortSignal.any([closing, call.signal])
    try {
      await withSignal(() => this.#backend.request(call), ended)
    } finally {
      this.#checkOpen(call.operation)
    }
  }

  #checkOpen(operation: KmsOperation): void {
    if (this.#closing.signal.aborted) throw new KmsClosedError(details(operation))
  }
}

function details(operation: KmsOperation): KmsErrorDetails {
  return { provider: PROVIDER, operation }
}

/** Why an EDEK of this version is not unwrapped. An EDEK does not say its version here; the error does. */
function rejectionOf({ number, state }: StoredVersion, { id }: Kek): KmsError | undefined {
  if (state === 'enabled') return undefined
  const about = { ...details('decryptEdek'), kek: kekReference(id, number) }
  return state === 'ahead' ? new KeyVersionAheadError(about) : new KeyUnavailableError('version-unavailable', about)
}
