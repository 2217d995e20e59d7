import type { Kek } from '@keyfold/kms-api'

import { kekKey } from '../keks/kek-key.ts'
import type { KekTotal } from './decrypt-totals.ts'

/** Collects the results of unwrapping in one call, by KEK. Only KEKs that the rule names exactly are recorded, so there are few. */
export class KekResults {
  readonly #keks = new Map<string, KekTotal>()

  succeeded(kek: Kek): void {
    this.#keks.set(kekKey(kek), { kek, code: undefined })
  }

  /** A success in the same call takes precedence: the KEK works, and one EDEK is wrong. */
  failed(kek: Kek, code: string): void {
    const key = kekKey(kek)
    const before = this.#keks.get(key)
    if (before === undefined || before.code !== undefined) this.#keks.set(key, { kek, code })
  }

  get totals(): readonly KekTotal[] {
    return [...this.#keks.values()]
  }
}
