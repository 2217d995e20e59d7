import { Buffer } from 'node:buffer'

import {
  encodeEncryptionContext,
  InvalidEdekError,
  InvalidResponseError,
  isKmsError,
  KmsConfigError,
  printable,
  type Edek,
  type EncryptionContext,
  type Kek,
} from '@keyfold/kms-api'
import { assertEdek, assertKekSelector, decodeBase64 } from '@keyfold/kms-api/provider-kit'

import { checkKey } from '../answers/check-key.ts'
import { readData } from '../answers/read-data.ts'
import { takeCiphertext } from '../answers/take-ciphertext.ts'
import { property } from '../client/vault-answer.ts'
import type { VaultClient } from '../client/vault-client.ts'
import { encodeEdek } from '../codec/encode-edek.ts'
import { readKek } from '../codec/read-kek.ts'
import type { Boundary } from '../keys/boundary.ts'
import { PROVIDER } from '../keys/kek-reference.ts'

const DETAILS = { provider: PROVIDER, operation: 'admin' } as const
const DEK_LENGTH = 32

/** The kinds of keys that wrap DEKs. */
export type VaultKeyType = 'aes256-gcm96' | 'chacha20-poly1305'

/** The lowest versions of a key that may still be used. */
export interface MinimumVersions {
  /** EDEKs of older versions are refused; `KMS_KEY_UNAVAILABLE`, state `too-old`. */
  readonly decryption?: number | undefined
  /** 0: the newest, always. */
  readonly encryption?: number | undefined
}

/** Administers the keys of one mount. Its token needs more than that of a producer or consumer. */
export class VaultAdmin {
  readonly #client: VaultClient
  readonly #boundary: Boundary

  /** @internal */
  constructor(client: VaultClient, boundary: Boundary) {
    this.#client = client
    this.#boundary = boundary
  }

  /**
   * Makes a key, or gives the one that has this name. It can be neither exported nor deleted until that is configured.
   *
   * @throws `KMS_INVALID_KEY_USAGE` when a key of this name is of another kind.
   */
  async createKek(name: string, type: VaultKeyType = 'aes256-gcm96'): Promise<Kek> {
    const keyName = this.#nameOf(name)
    await this.#post(`keys/${keyName}`, { type, exportable: false, allow_plaintext_backup: false }, keyName)
    return await this.#read(keyName, type)
  }

  /** Makes a new version of a key, which wraps from now on. Older EDEKs still unwrap. Gives the reference with the new version. */
  async rotateKek(name: string): Promise<Kek> {
    const keyName = this.#nameOf(name)
    await this.#post(`keys/${keyName}/rotate`, {}, keyName)
    return await this.#read(keyName)
  }

  /** Says which versions of a key may still be used. @throws `KMS_CONFIG` for versions that do not exist or do not fit together. */
  async setMinimumVersions(name: string, { decryption, encryption }: MinimumVersions): Promise<Kek> {
    const keyName = this.#nameOf(name)
    const body = {
      ...(decryption !== undefined && { min_decryption_version: decryption }),
      ...(encryption !== undefined && { min_encryption_version: encryption }),
    }
    try {
      await this.#post(`keys/${keyName}/config`, body, keyName)
    } catch (error) {
      if (!isKmsError(error, 'KMS_INVALID_RESPONSE') || error.status !== 400) throw error
      const problem = `expected versions of ${printable(keyName)} that exist, with that for encryption not below that for decryption`
      throw new KmsConfigError('minimumVersions', problem, DETAILS)
    }
    return await this.#read(keyName)
  }

  /**
   * Wraps the DEK of an EDEK with the newest version of its key. One with an encryption context is decrypted and encrypted again, because Vault
   * cannot rewrap it: then the DEK is in the memory of this process for a moment, and the token needs both operations.
   *
   * @param edek - neither kept nor changed.
   * @returns another EDEK of the same DEK, which belongs to the caller.
   */
  async rewrapEdek(
    edek: Edek,
    options: { readonly encryptionContext?: EncryptionContext | undefined } = {},
  ): Promise<Edek> {
    assertEdek(edek)
    const context = encodeEncryptionContext(options.encryptionContext)
    const fields = readKek(edek)
    if (fields === undefined || fields.bound !== (context !== undefined)) throw new InvalidEdekError(DETAILS)
    const { keyName, bound } = fields
    const ciphertext =
      context === undefined
        ? takeCiphertext(
            readData(await this.#post(`rewrap/${keyName}`, { ciphertext: fields.ciphertext }, keyName), DETAILS),
            DETAILS,
          )
        : await this.#encryptAgain(keyName, fields.ciphertext, Buffer.from(context).toString('base64'))
    return encodeEdek({ bound, keyName, ciphertext })
  }

  /** Gives the token back where it was logged in for, and closes the connections. Idempotent. */
  close(): Promise<void> {
    return this.#client.close()
  }

  /** The same as {@link VaultAdmin.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #encryptAgain(keyName: string, ciphertext: string, associatedData: string): Promise<Uint8Array> {
    const decrypted = readData(
      await this.#post(`decrypt/${keyName}`, { ciphertext, associated_data: associatedData }, keyName),
      DETAILS,
    )
    const plaintext = property(decrypted, 'plaintext')
    const bytes = typeof plaintext === 'string' ? decodeBase64(plaintext) : undefined
    const right = bytes?.length === DEK_LENGTH
    bytes?.fill(0)
    if (!right) throw new InvalidResponseError(`a key of ${DEK_LENGTH} bytes`, DETAILS)
    const encrypted = await this.#post(`encrypt/${keyName}`, { plaintext, associated_data: associatedData }, keyName)
    return takeCiphertext(readData(encrypted, DETAILS), DETAILS)
  }

  #nameOf(name: string): string {
    assertKekSelector(name)
    return this.#boundary.keyNameOfSelector(name)
  }

  async #read(keyName: string, type?: VaultKeyType): Promise<Kek> {
    const kek = this.#boundary.kekOf(keyName)
    const body = await this.#client.request({
      operation: 'admin',
      kek,
      method: 'GET',
      path: `${this.#boundary.mount}/keys/${keyName}`,
    })
    return this.#boundary.kekOf(keyName, checkKey(readData(body, DETAILS), keyName, { ...DETAILS, kek }, type))
  }

  async #post(path: string, body: object, keyName: string): Promise<unknown> {
    const kek = this.#boundary.kekOf(keyName)
    return await this.#client.request({
      operation: 'admin',
      kek,
      method: 'POST',
      path: `${this.#boundary.mount}/${path}`,
      body,
    })
  }
}
