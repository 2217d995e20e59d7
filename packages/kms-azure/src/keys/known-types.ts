import type { Kek } from '@keyfold/kms-api'

import { wrappingOf, type KekType } from './key-type.ts'

/** The types of the key versions that were resolved, because a reference does not hold them. Bounded; a forgotten one is derived from `wrapping`. */
export class KnownTypes {
  readonly #types = new Map<string, KekType>()
  readonly #maxEntries: number

  constructor(maxEntries = 1_024) {
    this.#maxEntries = maxEntries
  }

  add({ id, version = '' }: Kek, keyType: KekType): void {
    const key = `${id}/${version}`
    this.#types.delete(key)
    this.#types.set(key, keyType)
    for (const oldest of this.#types.keys()) {
      if (this.#types.size <= this.#maxEntries) break
      this.#types.delete(oldest)
    }
  }

  /** Returns whether an EDEK may say that its version is of this type. One byte of an EDEK says so, and both kinds of RSA keys unwrap alike. */
  permits({ id, version = '' }: Kek, keyType: KekType): boolean {
    const known = this.#types.get(`${id}/${version}`)
    return known === undefined || known === keyType
  }

  /** Both kinds of RSA keys wrap alike, so a reference of another process is enough. */
  of({ id, version = '', wrapping }: Kek): KekType {
    const known = this.#types.get(`${id}/${version}`)
    if (known !== undefined && wrappingOf(known) === wrapping) return known
    return wrapping === 'public-key' ? 'RSA' : 'oct-HSM'
  }
}
