import type { Kek } from '@keyfold/kms-api'

import { kekKey } from '../keks/kek-key.ts'
import type { KekTotal } from './decrypt-totals.ts'

/** Collects how unwrapping went in one call, by KEK. Only KEKs that the rule names exactly are told, so that there are few. */
export class KekResults {
  readonly #keks = new Map<string, KekTotal>()

  succeeded(kek: Kek): void {
    this.#keks.set(kekKey(kek), { kek, code: undefined })
  }

  /** A success of the same call outweighs it: then the KEK works, and something is wrong with one EDEK. */
  failed(kek: Kek, code: string): void {
    const key = kekKey(kek)
    const before = this.#keks.get(key)
    if (before === undefined || before.code !== undefined) this.#keks.set(key, { kek, code })
  }

  get totals(): readonly KekTotal[] {
    return [...this.#keks.values()]
  }
}
