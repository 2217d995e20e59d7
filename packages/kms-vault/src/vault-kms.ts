import { Buffer } from 'node:buffer'
import { randomFillSync } from 'node:crypto'

import {
  createDek,
  encodeEncryptionContext,
  InvalidEdekError,
  isKmsError,
  KekMismatchError,
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
} from '@keyfold/kms-api'
import { assertEdek, assertKek, assertKekSelector } from '@keyfold/kms-api/provider-kit'

import { checkKey } from './answers/check-key.ts'
import { readData } from './answers/read-data.ts'
import { readHealth } from './answers/read-health.ts'
import { takeCiphertext } from './answers/take-ciphertext.ts'
import { takeDek } from './answers/take-dek.ts'
import type { VaultCall, VaultClient } from './client/vault-client.ts'
import { encodeEdek } from './codec/encode-edek.ts'
import { readKek } from './codec/read-kek.ts'
import type { Boundary } from './keys/boundary.ts'
import { PROVIDER } from './keys/kek-reference.ts'

const DEK_LENGTH = 32

/** The Transit engine of Vault or OpenBao behind the contract. */
export class VaultKms implements Kms {
  readonly #client: VaultClient
  readonly #boundary: Boundary

  constructor(client: VaultClient, boundary: Boundary) {
    this.#client = client
    this.#boundary = boundary
  }

  async resolveKek(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<Kek> {
    const operation = 'resolveKek'
    this.#begin(operation, signal)
    assertKekSelector(kekSelector)
    const keyName = this.#boundary.keyNameOfSelector(kekSelector)
    const version = await this.#readKey(keyName, { provider: PROVIDER, operation }, { kekSelector, signal })
    return this.#boundary.kekOf(keyName, version)
  }

  async generateDekPair(kek: Kek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<DekPair> {
    const operation = 'generateDekPair'
    this.#begin(operation, signal)
    assertKek(kek)
    const context = encodeEncryptionContext(encryptionContext)
    const keyName = this.#boundary.keyNameOf(kek)
    if (keyName === undefined) throw new UnknownKeyError({ provider: PROVIDER, operation, kek: { ...kek } })
    const details = { provider: PROVIDER, operation, kek: this.#boundary.kekOf(keyName) } as const
    return context === undefined
      ? await this.#generate(keyName, details, signal)
      : await this.#generateBound(keyName, context, details, signal)
  }

  async decryptEdek(kek: Kek, edek: Edek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<Dek> {
    const operation = 'decryptEdek'
    this.#begin(operation, signal)
    assertKek(kek)
    assertEdek(edek)
    const context = encodeEncryptionContext(encryptionContext)
    const fields = readKek(edek)
    if (fields === undefined) throw new InvalidEdekError({ provider: PROVIDER, operation })
    const { keyName, bound, ciphertext } = fields
    const named = this.#boundary.kekOf(keyName)
    if (kek.provider !== PROVIDER || kek.id !== named.id) throw new KekMismatchError({ provider: PROVIDER, operation })
    if (bound !== (context !== undefined)) throw new InvalidEdekError({ provider: PROVIDER, operation })
    const body = { ciphertext, ...(context && { associated_data: base64(context) }) }
    const details = { operation, kek: named } as const
    const answer = await this.#client.request({
      ...details,
      method: 'POST',
      path: `${this.#boundary.mount}/decrypt/${keyName}`,
      body,
      signal,
    })
    return takeDek(readData(answer, { provider: PROVIDER, ...details }), 'unwrapped', {
      provider: PROVIDER,
      ...details,
    })
  }

  kekOf(edek: Edek): Kek {
    this.#client.checkOpen('kekOf')
    assertEdek(edek)
    const fields = readKek(edek)
    if (fields === undefined) throw new InvalidEdekError({ provider: PROVIDER, operation: 'kekOf' })
    return this.#boundary.kekOf(fields.keyName, fields.version)
  }

  async health(): Promise<KmsHealth> {
    this.#begin('health')
    try {
      // Namespaces do not have it.
      const health = readHealth(
        await this.#client.anonymous({ method: 'GET', path: 'sys/health', namespace: false }, 'health'),
      )
      if (health.status !== 'ok' || !this.#client.loginFailing) return health
      return { status: 'degraded', detail: 'the token could not be obtained or renewed' }
    } catch (error) {
      if (!isKmsError(error) || error.code === 'KMS_CLOSED') throw error
      return { status: 'down', detail: error.code }
    }
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(operation: KmsOperation, signal?: AbortSignal): void {
    this.#client.checkOpen(operation)
    signal?.throwIfAborted()
  }

  /** Asks for a key, checks that it wraps DEKs, and gives its newest version. */
  async #readKey(
    keyName: string,
    details: KmsErrorDetails,
    call: Pick<VaultCall, 'kekSelector' | 'signal'>,
  ): Promise<string> {
    const { operation, kek } = details
    const body = await this.#client.request({
      operation,
      kek,
      ...call,
      method: 'GET',
      path: `${this.#boundary.mount}/keys/${keyName}`,
    })
    return checkKey(readData(body, details), keyName, { ...details, kek: this.#boundary.kekOf(keyName) })
  }

  async #generate(keyName: string, details: KmsErrorDetails, signal: AbortSignal | undefined): Promise<DekPair> {
    const path = `${this.#boundary.mount}/datakey/plaintext/${keyName}`
    const data = readData(
      await this.#client.request({ ...details, method: 'POST', path, body: { bits: 8 * DEK_LENGTH }, signal }),
      details,
    )
    const ciphertext = takeCiphertext(data, details)
    return { dek: takeDek(data, 'generated', details), edek: encodeEdek({ bound: false, keyName, ciphertext }) }
  }

  /** Vault's data keys do not bind a context: the DEK is made here, and encrypted with it. */
  async #generateBound(
    keyName: string,
    context: Uint8Array,
    details: KmsErrorDetails,
    signal: AbortSignal | undefined,
  ): Promise<DekPair> {
    // Encrypting with a key that is not there would make one, if the token may.
    await this.#readKey(keyName, details, { signal })
    const bytes = randomFillSync(new Uint8Array(new ArrayBuffer(DEK_LENGTH)))
    try {
      const path = `${this.#boundary.mount}/encrypt/${keyName}`
      const body = { plaintext: base64(bytes), associated_data: base64(context) }
      const answer = await this.#client.request({ ...details, method: 'POST', path, body, signal })
      const ciphertext = takeCiphertext(readData(answer, details), details)
      return { dek: createDek(bytes, 'generated'), edek: encodeEdek({ bound: true, keyName, ciphertext }) }
    } finally {
      bytes.fill(0)
    }
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
