import { KeyUnavailableError, UnknownKeyError, type Kek, type KmsErrorDetails } from '@keyfold/kms-api'

import type { StoredKek } from './stored-kek.ts'

/** The KEKs by UUID, and the aliases that point at them. */
export class KekStore {
  readonly #keks = new Map<string, StoredKek>()
  readonly #aliases = new Map<string, string>()

  add(kek: StoredKek): void {
    this.#keks.set(kek.id, kek)
  }

  /** Removes a KEK and the aliases that point at it. */
  remove(id: string): void {
    this.#keks.delete(id)
    for (const [alias, target] of this.#aliases) if (target === id) this.#aliases.delete(alias)
  }

  has(id: string): boolean {
    return this.#keks.has(id)
  }

  hasAlias(alias: string): boolean {
    return this.#aliases.has(alias)
  }

  point(alias: string, id: string): void {
    this.#aliases.set(alias, id)
  }

  /** Says whether there was such an alias. */
  unpoint(alias: string): boolean {
    return this.#aliases.delete(alias)
  }

  /** @param kekSelector - an alias or a UUID; an alias never has the form of a UUID. */
  resolve(kekSelector: string): StoredKek | undefined {
    return this.#keks.get(this.#aliases.get(kekSelector) ?? kekSelector)
  }

  /**
   * Gives a KEK that may be used now.
   *
   * @throws `KMS_UNKNOWN_KEY`, `KMS_KEY_UNAVAILABLE`.
   */
  usable(reference: Kek, details: KmsErrorDetails): StoredKek {
    const kek = this.#keks.get(reference.id)
    if (kek === undefined) throw new UnknownKeyError({ ...details, kek: reference })
    if (kek.state !== 'enabled') throw new KeyUnavailableError(kek.state, { ...details, kek: reference })
    return kek
  }
}
