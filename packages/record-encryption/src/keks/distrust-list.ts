import crypto from 'node:crypto'

import type { Edek, Kek } from '@keyfold/kms-api'

import type { Distrusted } from '../policies/values.ts'

/** EDEKs and KEKs that are not trusted any more. Matches are exact. */
export class DistrustList {
  readonly #edeks: ReadonlySet<string>
  /** The versions by KEK; `undefined` stands for all of them. */
  readonly #keks = new Map<string, Set<string | undefined>>()

  constructor(entries: readonly Distrusted[]) {
    this.#edeks = new Set(entries.flatMap((entry) => ('edekSha256' in entry ? [entry.edekSha256] : [])))
    for (const entry of entries) {
      if (!('kekId' in entry)) continue
      const versions = this.#keks.get(entry.kekId) ?? new Set()
      this.#keks.set(entry.kekId, versions.add(entry.version))
    }
  }

  /**
   * Returns whether an EDEK is distrusted, or the KEK or version that it names.
   *
   * @param trusted - whether the topic trusts the KEK. Whoever writes records can name any other, and must not be able to cause the error.
   * @throws TypeError when a version is distrusted and EDEKs of that KEK name none: the entry could never match and would only seem to protect.
   */
  has(edek: Edek, kek: Kek, trusted = true): boolean {
    if (this.#hasKek(kek, trusted)) return true
    return this.#edeks.size > 0 && this.#edeks.has(crypto.hash('sha256', edek, 'hex'))
  }

  #hasKek({ id, version }: Kek, trusted: boolean): boolean {
    const versions = this.#keks.get(id)
    if (versions === undefined) return false
    if (versions.has(undefined)) return true
    if (version !== undefined) return versions.has(version)
    if (!trusted) return false
    throw new TypeError(
      `"distrust" names a version of KEK ${JSON.stringify(id)}, whose EDEKs name none: leave the version out, or name EDEKs by "edekSha256"`,
    )
  }
}
