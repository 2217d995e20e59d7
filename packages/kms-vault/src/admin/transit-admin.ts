import { Buffer } from 'node:buffer'

import {
  encodeEncryptionContext,
  InvalidEdekError,
  InvalidResponseError,
  isKmsError,
  KmsConfigError,
  printable,
  UnsupportedOperationError,
  type Edek,
  type EncryptionContext,
  type Kek,
  type KekVersion,
  type KmsCallOptions,
} from '@keyfold/kms-api'
import { assertEdek, assertKekSelector, writeJsonWithKey } from '@keyfold/kms-api/provider-kit'

import type { Boundary } from '../boundary.ts'
import type { VaultCall, VaultClient } from '../client/vault-client.ts'
import { decodeEdek, encodeEdek } from '../edek.ts'
import { ciphertextOf, dataOf, usableVersionOf, type VaultResponse } from '../transport/vault-response.ts'
import { keyVersions } from './key-versions.ts'
import type { CreateKekOptions, MinimumVersions, VaultAdmin } from './vault-admin.ts'

const DEK_LENGTH = 32
const ADMIN = { operation: 'admin' } as const

/** {@link VaultAdmin} over the Transit engine. */
export class TransitAdmin implements VaultAdmin {
  readonly #client: VaultClient
  readonly #boundary: Boundary

  constructor(client: VaultClient, boundary: Boundary) {
    this.#client = client
    this.#boundary = boundary
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#create-key | Create key} */
  async createKek(name: string, { type = 'aes256-gcm96', signal }: CreateKekOptions = {}): Promise<Kek> {
    const keyName = this.#nameOf(name)
    // Vault responds to the creation of a key that there is with that key, unchanged.
    if (await this.#exists(keyName, signal)) {
      const problem = `expected a name that is free, got that of a key: ${printable(keyName)}`
      throw new KmsConfigError('alias', problem, this.#client.details(ADMIN))
    }
    await this.#post(`keys/${keyName}`, { type, exportable: false, allow_plaintext_backup: false }, keyName, signal)
    return await this.#read(keyName, signal, type)
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#rotate-key | Rotate key} */
  async rotateKek(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<Kek> {
    const keyName = this.#nameOf(kekSelector)
    await this.#post(`keys/${keyName}/rotate`, {}, keyName, signal)
    return await this.#read(keyName, signal)
  }

  disableKek(): Promise<void> {
    return this.#unsupported('disabling a KEK')
  }

  enableKek(): Promise<void> {
    return this.#unsupported('enabling a KEK')
  }

  scheduleKekDeletion(): Promise<void> {
    return this.#unsupported('scheduling the deletion of a KEK')
  }

  cancelKekDeletion(): Promise<void> {
    return this.#unsupported('cancelling the deletion of a KEK')
  }

  async listKekVersions(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<readonly KekVersion[]> {
    const keyName = this.#nameOf(kekSelector)
    const details = this.#client.details({ ...ADMIN, kek: this.#boundary.kekOf(keyName) })
    return keyVersions(dataOf(await this.#get(keyName, signal), details), keyName, details)
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#update-key-configuration | Update key configuration} */
  async setMinimumVersions(
    kekSelector: string,
    { decryption, encryption }: MinimumVersions,
    { signal }: KmsCallOptions = {},
  ): Promise<Kek> {
    const keyName = this.#nameOf(kekSelector)
    const body = {
      ...(decryption !== undefined && { min_decryption_version: decryption }),
      ...(encryption !== undefined && { min_encryption_version: encryption }),
    }
    try {
      await this.#post(`keys/${keyName}/config`, body, keyName, signal)
    } catch (error) {
      if (!isKmsError(error, 'KMS_INVALID_RESPONSE') || error.status !== 400) throw error
      const problem = `expected versions of ${printable(keyName)} that exist, with that for encryption not below that for decryption`
      throw new KmsConfigError('minimumVersions', problem, this.#client.details(ADMIN))
    }
    return await this.#read(keyName, signal)
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#rewrap-data | Rewrap data} */
  async rewrapEdek(
    edek: Edek,
    options: KmsCallOptions & { readonly encryptionContext?: EncryptionContext | undefined } = {},
  ): Promise<Edek> {
    assertEdek(edek)
    const context = encodeEncryptionContext(options.encryptionContext)
    const fields = decodeEdek(edek)
    const details = this.#client.details(ADMIN)
    if (fields === undefined || fields.bound !== (context !== undefined)) throw new InvalidEdekError(details)
    const { keyName, bound } = fields
    const response =
      context === undefined
        ? await this.#post(`rewrap/${keyName}`, { ciphertext: fields.ciphertext }, keyName, options.signal)
        : await this.#encryptAgain(keyName, fields.ciphertext, context, options.signal)
    return encodeEdek({ bound, keyName, ciphertext: ciphertextOf(dataOf(response, details), details) })
  }

  /** Gives the token back where it was logged in for, and closes the connections. Idempotent. */
  close(): Promise<void> {
    return this.#client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #encryptAgain(
    keyName: string,
    ciphertext: string,
    context: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<VaultResponse> {
    const associated_data = Buffer.from(context).toString('base64')
    const details = this.#client.details({ ...ADMIN, kek: this.#boundary.kekOf(keyName) })
    const response = await this.#post(`decrypt/${keyName}`, { ciphertext, associated_data }, keyName, signal, {
      keyAt: ['data', 'plaintext'],
    })
    const { key } = response
    let body: Uint8Array | undefined
    try {
      dataOf(response, details)
      if (key?.length !== DEK_LENGTH) throw new InvalidResponseError(`a key of ${DEK_LENGTH} bytes`, details)
      body = writeJsonWithKey(key, (plaintext) => ({ plaintext, associated_data }))
      return await this.#post(`encrypt/${keyName}`, body, keyName, signal)
    } finally {
      key?.fill(0)
      body?.fill(0)
    }
  }

  #nameOf(name: string): string {
    assertKekSelector(name)
    return this.#boundary.keyNameOfSelector(name)
  }

  async #exists(keyName: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#get(keyName, signal)
      return true
    } catch (error) {
      if (isKmsError(error, 'KMS_UNKNOWN_KEY')) return false
      throw error
    }
  }

  async #read(keyName: string, signal: AbortSignal | undefined, type?: string): Promise<Kek> {
    const details = this.#client.details({ ...ADMIN, kek: this.#boundary.kekOf(keyName) })
    const data = dataOf(await this.#get(keyName, signal), details)
    return this.#boundary.kekOf(keyName, usableVersionOf(data, keyName, details, type))
  }

  async #get(keyName: string, signal: AbortSignal | undefined): Promise<VaultResponse> {
    const [kek, path] = [this.#boundary.kekOf(keyName), `${this.#boundary.mount}/keys/${keyName}`]
    return await this.#client.request({ ...ADMIN, kek, method: 'GET', path, signal })
  }

  async #post(
    path: string,
    body: object,
    keyName: string,
    signal: AbortSignal | undefined,
    more: Pick<VaultCall, 'keyAt'> = {},
  ): Promise<VaultResponse> {
    const kek = this.#boundary.kekOf(keyName)
    const full = `${this.#boundary.mount}/${path}`
    return await this.#client.request({ ...ADMIN, kek, method: 'POST', path: full, body, signal, ...more })
  }

  async #unsupported(what: string): Promise<never> {
    await Promise.resolve()
    throw new UnsupportedOperationError(what, this.#client.details(ADMIN))
  }
}
