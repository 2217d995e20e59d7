import { KmsConfigError, printable, type Kek } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'
import { wrappingOf, type KeyType } from './key-type.ts'
import { isKeyName, isKeyVersion } from './names.ts'

/** What a selector or a reference names. */
export interface KeyName {
  readonly keyName: string
  readonly keyVersion?: string | undefined
}

/** The keys that a client may use: those of one vault or managed HSM. */
export class Boundary {
  /** The vault's name, as it stands in EDEKs. */
  readonly vaultName: string
  /** The origins that a key URL may have: the configured one, and the one that Azure's own domain gives it. */
  readonly #origins: ReadonlySet<string>

  constructor(vaultName: string, origins: readonly string[]) {
    this.vaultName = vaultName
    this.#origins = new Set(origins)
  }

  /** Returns whether an EDEK names a version that a key of this vault can have. */
  contains({ vaultName, keyVersion }: { readonly vaultName: string; readonly keyVersion: string }): boolean {
    return vaultName === this.vaultName && isKeyVersion(keyVersion)
  }

  /** Creates the reference of a key: vault and name survive a rotation. */
  kekOf(keyName: string, keyVersion: string, keyType: KeyType): Kek {
    return Object.freeze({
      provider: PROVIDER,
      id: `${this.vaultName}/${keyName}`,
      version: keyVersion,
      wrapping: wrappingOf(keyType),
    })
  }

  /** Returns the key that a reference names; `undefined` for one of another vault, or a name that no key can have. */
  keyOf({ id, version }: Pick<Kek, 'id' | 'version'>): KeyName | undefined {
    const prefix = `${this.vaultName}/`
    const keyName = id.startsWith(prefix) ? id.slice(prefix.length) : ''
    if (!isKeyName(keyName) || (version !== undefined && !isKeyVersion(version))) return undefined
    return { keyName, keyVersion: version }
  }

  /**
   * Turns what a user writes into the name of a key: its name, its name and version, its URL, or a `Kek.id`.
   *
   * @throws `KMS_CONFIG` for anything else, also for a URL of another vault.
   */
  keyOfSelector(selector: string): KeyName & { readonly isUrl: boolean } {
    const isUrl = selector.startsWith('https://') || selector.startsWith('http://')
    const key = isUrl ? this.keyOfUrl(selector) : this.#keyOfText(selector)
    if (key !== undefined) return { ...key, isUrl }
    const problem =
      'expected the name of a key (letters, digits and "-"), with "/" and its version if one is meant, or the URL of a key of this vault'
    throw new KmsConfigError('kekSelector', `${problem}, got ${printable(selector)}`, {
      provider: PROVIDER,
      operation: 'resolveKek',
      kekSelector: selector,
    })
  }

  /** Returns the key that a URL of this vault names, in the form in which Azure writes its key identifiers. */
  keyOfUrl(url: string): KeyName | undefined {
    const parts = /^(https?:\/\/[^/?#@\\]+)\/keys\/([A-Za-z0-9-]+)(?:\/([0-9A-Za-z]+))?$/.exec(url)
    const [, origin = '', keyName = '', keyVersion] = parts ?? []
    if (!URL.canParse(origin) || !this.#origins.has(new URL(origin).origin) || !isKeyName(keyName)) return undefined
    return keyVersion === undefined || isKeyVersion(keyVersion) ? { keyName, keyVersion } : undefined
  }

  #keyOfText(selector: string): KeyName | undefined {
    const [first = '', second, ...rest] = selector.split('/')
    if (rest.length > 0) return undefined
    if (second === undefined) return isKeyName(first) ? { keyName: first } : undefined
    if (first === this.vaultName && isKeyName(second)) return { keyName: second }
    return isKeyName(first) && isKeyVersion(second) ? { keyName: first, keyVersion: second } : undefined
  }
}
