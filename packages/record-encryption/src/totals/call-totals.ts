import type { RecordErrorCode } from '../errors/record-error.ts'
import type { RecordRejections } from '../records/record-rejections.ts'
import { Rejected } from '../records/rejection.ts'
import type { DecryptedInfo } from '../types.ts'
import type { DecryptTotals, RejectedTotal } from './decrypt-totals.ts'
import { KekResults } from './kek-results.ts'

interface Counted {
  count: number
  readonly index: number
  readonly rejected: Rejected
}

/** Counts what one call of `decrypt` does. */
export class CallTotals {
  readonly keks = new KekResults()
  unbound = 0
  readonly #topic: string
  readonly #rejected = new Map<RecordErrorCode, Counted>()
  #decrypted = 0
  #clear = 0

  constructor(topic: string) {
    this.#topic = topic
  }

  /** Counts the outcomes from `from` on. */
  count(outcomes: readonly (Rejected | { readonly keyfold: DecryptedInfo })[], from: number): void {
    for (let i = from; i < outcomes.length; i++) {
      const outcome = outcomes[i] as Rejected | { readonly keyfold: DecryptedInfo }
      if (outcome instanceof Rejected) this.#reject(i, outcome)
      else if (outcome.keyfold.status === 'clear') this.#clear++
      else this.#decrypted++
    }
  }

  /** Returns the totals so far. */
  totals(rejections: RecordRejections): DecryptTotals {
    const rejected = new Map<RecordErrorCode, RejectedTotal>()
    for (const [code, { count, index, rejected: first }] of this.#rejected)
      rejected.set(code, { count, first: rejections.errorOf(index, first.rejection) })
    return {
      topic: this.#topic,
      decrypted: this.#decrypted,
      clear: this.#clear,
      unbound: this.unbound,
      rejected,
      keks: this.keks.totals,
    }
  }

  #reject(index: number, rejected: Rejected): void {
    const { code } = rejected.rejection
    const counted = this.#rejected.get(code)
    if (counted === undefined) this.#rejected.set(code, { count: 1, index, rejected })
    else counted.count++
  }
}
