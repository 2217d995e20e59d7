import { Buffer } from 'node:buffer'

import { KeyVaultError } from './key-vault-error.ts'
import { createVersion, type KeyOptions, type KeyVersion } from './stored-key.ts'

interface StoredKey {
  readonly name: string
  readonly versions: KeyVersion[]
}

/** What an operation needs a key for. */
export type KeyOperation = 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt'

/** The keys of one vault. Names ignore case. */
export class KeyStore {
  readonly #keys = new Map<string, StoredKey>()
  readonly #deleted = new Map<string, StoredKey>()
  /** In seconds since the epoch. */
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Creates a key, or a new version of it. */
  create(name: string, options: KeyOptions): { readonly name: string; readonly version: KeyVersion } {
    if (this.#deleted.has(name.toLowerCase()))
      throw new KeyVaultError(
        409,
        'Conflict',
        'the key is deleted and can be recovered',
        'ObjectIsDeletedButRecoverable',
      )
    const key = this.#keys.get(name.toLowerCase()) ?? { name, versions: [] }
    this.#keys.set(name.toLowerCase(), key)
    const version = createVersion(options, this.#now())
    key.versions.push(version)
    return { name: key.name, version }
  }

  rotate(name: string): { readonly name: string; readonly version: KeyVersion } {
    const { version } = this.find(name)
    const size = Buffer.isBuffer(version.secret)
      ? version.secret.length * 8
      : version.secret.asymmetricKeyDetails?.modulusLength
    return this.create(name, { type: version.type, size, operations: version.operations })
  }

  /** Finds a version, or the newest one. */
  find(name: string, version = ''): { readonly name: string; readonly version: KeyVersion } {
    const key = this.#keys.get(name.toLowerCase())
    const found = version === '' ? key?.versions.at(-1) : key?.versions.find((each) => each.version === version)
    if (key === undefined || found === undefined)
      throw new KeyVaultError(404, 'KeyNotFound', 'A key with (name/id) was not found in this key vault.')
    return { name: key.name, version: found }
  }

  /** Finds a version that permits an operation now. An expired key still unwraps and decrypts; a disabled one does nothing. */
  findFor(
    operation: KeyOperation,
    name: string,
    version: string,
  ): { readonly name: string; readonly version: KeyVersion } {
    const found = this.find(name, version)
    const { attributes, operations } = found.version
    const now = this.#now()
    if (!attributes.enabled) throw forbidden('KeyDisabled')
    const writes = operation === 'wrapKey' || operation === 'encrypt'
    if (writes && attributes.exp !== undefined && attributes.exp <= now) throw forbidden('KeyExpired')
    if (writes && attributes.nbf !== undefined && attributes.nbf > now) throw forbidden('KeyNotYetValid')
    if (!operations.includes(operation)) throw forbidden('KeyOperationForbidden')
    return found
  }

  versions(name: string): readonly KeyVersion[] {
    this.find(name)
    return this.#keys.get(name.toLowerCase())?.versions ?? []
  }

  delete(name: string): void {
    this.find(name)
    this.#move(name, this.#keys, this.#deleted)
  }

  recover(name: string): void {
    this.deleted(name)
    this.#move(name, this.#deleted, this.#keys)
  }

  purge(name: string): void {
    this.deleted(name)
    this.#deleted.delete(name.toLowerCase())
  }

  deleted(name: string): { readonly name: string; readonly version: KeyVersion } {
    const key = this.#deleted.get(name.toLowerCase())
    const version = key?.versions.at(-1)
    if (key === undefined || version === undefined)
      throw new KeyVaultError(404, 'KeyNotFound', 'Deleted Key not found.')
    return { name: key.name, version }
  }

  #move(name: string, from: Map<string, StoredKey>, to: Map<string, StoredKey>): void {
    const key = from.get(name.toLowerCase())
    from.delete(name.toLowerCase())
    if (key !== undefined) to.set(name.toLowerCase(), key)
  }
}

function forbidden(innerCode: string): KeyVaultError {
  return new KeyVaultError(403, 'Forbidden', 'Operation is not allowed on this key.', innerCode)
}
