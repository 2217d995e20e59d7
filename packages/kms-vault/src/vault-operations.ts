import { Buffer } from 'node:buffer'
import { randomFillSync } from 'node:crypto'

import { InvalidResponseError, isKmsError, type Edek, type Kek, type KmsHealth } from '@keyfold/kms-api'
import {
  writeJsonWithKey,
  type BoundContext,
  type DecodedEdek,
  type GeneratedDek,
  type ProviderCall,
  type ProviderOperations,
} from '@keyfold/kms-api/provider-kit'

import { PROVIDER, type Boundary } from './boundary.ts'
import type { VaultCall, VaultClient } from './client/vault-client.ts'
import { decodeEdek, encodeEdek, type VaultEdek } from './edek.ts'
import { wrongMount } from './transport/classify.ts'
import { ciphertextOf, dataOf, healthOf, property, usableVersionOf } from './transport/vault-response.ts'

const DEK_LENGTH = 32
const PLAINTEXT = ['data', 'plaintext']

/**
 * The Transit engine of Vault or OpenBao as operations of the contract.
 *
 * @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit | Transit secrets engine (API)}
 */
export class VaultOperations implements ProviderOperations<VaultEdek> {
  readonly provider = PROVIDER
  readonly #client: VaultClient
  readonly #boundary: Boundary

  constructor(client: VaultClient, boundary: Boundary) {
    this.#client = client
    this.#boundary = boundary
  }

  accept(kek: Kek): Kek | undefined {
    const keyName = this.#boundary.keyNameOf(kek)
    return keyName === undefined ? undefined : this.#boundary.kekOf(keyName)
  }

  decode(edek: Edek): DecodedEdek<VaultEdek> | undefined {
    const fields = decodeEdek(edek)
    if (fields === undefined) return undefined
    return { kek: this.#boundary.kekOf(fields.keyName, fields.version), bound: fields.bound, fields }
  }

  async resolve(kekSelector: string, _: BoundContext | undefined, { operation, signal }: ProviderCall): Promise<Kek> {
    const keyName = this.#boundary.keyNameOfSelector(kekSelector)
    try {
      return await this.#readKey(keyName, { operation, kekSelector, signal })
    } catch (error) {
      if (isKmsError(error, 'KMS_UNKNOWN_ALIAS')) await this.#checkEngine({ operation, kekSelector, signal })
      throw error
    }
  }

  async generate(
    kek: Kek,
    context: BoundContext | undefined,
    { operation, signal }: ProviderCall,
  ): Promise<GeneratedDek> {
    const keyName = this.#boundary.keyNameOf(kek) as string
    const call = { operation, kek, signal } as const
    return context === undefined
      ? await this.#generateUnbound(keyName, call)
      : await this.#generateBound(keyName, context, call)
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#decrypt-data | Decrypt data} */
  async unwrap(
    { keyName, ciphertext }: VaultEdek,
    kek: Kek,
    context: BoundContext | undefined,
    { operation, signal }: ProviderCall,
  ): Promise<Uint8Array> {
    const body = { ciphertext, ...(context && { associated_data: base64(context.bytes) }) }
    const call = { operation, kek, signal, body, keyAt: PLAINTEXT } as const
    return (await this.#request(call, `decrypt/${keyName}`)).key
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/system/health | /sys/health} */
  async ping({ operation, signal }: ProviderCall): Promise<KmsHealth> {
    // Namespaces do not have it.
    const request = { method: 'GET', path: 'sys/health', namespace: false } as const
    const health = healthOf(await this.#client.anonymous(request, { operation, signal }))
    if (health.status !== 'ok' || !this.#client.loginFailing) return health
    return { status: 'degraded', detail: 'the token could not be obtained or renewed' }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /**
   * Reads a key, checks that it wraps DEKs, and returns its reference with the newest version.
   *
   * @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#read-key | Read key}
   */
  async #readKey(keyName: string, call: Omit<VaultCall, 'method' | 'path'>): Promise<Kek> {
    const path = `${this.#boundary.mount}/keys/${keyName}`
    const response = await this.#client.request({ ...call, method: 'GET', path })
    const details = this.#client.details({ ...call, kek: this.#boundary.kekOf(keyName) })
    return this.#boundary.kekOf(keyName, usableVersionOf(dataOf(response, details), keyName, details))
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#generate-data-key | Generate data key} */
  async #generateUnbound(keyName: string, call: Omit<VaultCall, 'method' | 'path'>): Promise<GeneratedDek> {
    const body = { bits: 8 * DEK_LENGTH }
    const { data, key } = await this.#request({ ...call, body, keyAt: PLAINTEXT }, `datakey/plaintext/${keyName}`)
    try {
      const ciphertext = ciphertextOf(data, this.#client.details(call))
      return { bytes: key, edek: encodeEdek({ bound: false, keyName, ciphertext }) }
    } catch (error) {
      key.fill(0)
      throw error
    }
  }

  /**
   * Vault's data keys do not bind a context, so the DEK is made here, and encrypted with it.
   *
   * @see {@link https://developer.hashicorp.com/vault/api-docs/secret/transit#encrypt-data | Encrypt data}
   */
  async #generateBound(
    keyName: string,
    context: BoundContext,
    call: Omit<VaultCall, 'method' | 'path'>,
  ): Promise<GeneratedDek> {
    // Encrypting with a key that is not there would make one, if the token may.
    await this.#readKey(keyName, call)
    const bytes = randomFillSync(new Uint8Array(new ArrayBuffer(DEK_LENGTH)))
    const associated_data = base64(context.bytes)
    const body = writeJsonWithKey(bytes, (plaintext) => ({ plaintext, associated_data }))
    try {
      const { data } = await this.#request({ ...call, body }, `encrypt/${keyName}`)
      const ciphertext = ciphertextOf(data, this.#client.details(call))
      return { bytes, edek: encodeEdek({ bound: true, keyName, ciphertext }) }
    } catch (error) {
      bytes.fill(0)
      throw error
    } finally {
      body.fill(0)
    }
  }

  /**
   * Sends a request below the mount, and returns the data of its success and the key in it, which is empty where none was asked for.
   *
   * An EDEK has the length of a DEK of 32 bytes, so a key of any other is a fault of the server.
   */
  async #request(
    call: Omit<VaultCall, 'method' | 'path'>,
    path: string,
  ): Promise<{ readonly data: unknown; readonly key: Uint8Array }> {
    const response = await this.#client.request({ ...call, method: 'POST', path: `${this.#boundary.mount}/${path}` })
    const details = this.#client.details(call)
    const key = response.key ?? new Uint8Array()
    try {
      if (key.length !== (call.keyAt === undefined ? 0 : DEK_LENGTH))
        throw new InvalidResponseError(`a key of ${DEK_LENGTH} bytes`, details)
      return { data: dataOf(response, details), key }
    } catch (error) {
      key.fill(0)
      throw error
    }
  }

  /**
   * Other engines respond to an unknown path as Transit does to an unknown key: only the type of the mount tells them apart.
   *
   * @see {@link https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts | /sys/internal/ui/mounts}
   */
  async #checkEngine(call: Omit<VaultCall, 'method' | 'path'>): Promise<void> {
    const path = `sys/internal/ui/mounts/${this.#boundary.mount}`
    const response = await this.#client.request({ ...call, method: 'GET', path }).catch((error: unknown) => {
      // A proxy may not let this through; an outage is no statement about the key.
      if (isKmsError(error) && !error.retryable) return undefined
      throw error
    })
    const type = property(property(response?.body, 'data'), 'type')
    if (typeof type === 'string' && type !== 'transit') throw wrongMount(type, this.#client.details(call))
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
