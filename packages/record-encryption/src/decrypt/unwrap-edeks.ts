import { isKmsError, sameKek, type Dek, type Kek, type Kms, type KmsCallOptions } from '@keyfold/kms-api'

import { checkedResponse } from '../dek/checked-response.ts'
import { codeOf } from '../errors/code-of.ts'
import type { DistrustList } from '../keks/distrust-list.ts'
import type { Arrival, KeyAhead } from '../keks/key-ahead.ts'
import { Pace } from '../records/pace.ts'
import type { ReadContext } from '../topics/read-contexts.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { KekResults } from '../totals/kek-results.ts'
import type { EdekEntry } from './edek-table.ts'
import { judgeFailure } from './judge-failure.ts'
import { trustedEdeks, type TrustedEdek } from './trusted-edeks.ts'

/** Unwrapping takes about as long as encrypting this many bytes, without the KMS. */
const UNWRAP_COST = 32_768
/** The maximum number of EDEKs of one call in flight. */
const MAX_IN_FLIGHT = 32
/** … of which this many may be of KEKs that no rule names exactly, so these cannot block the others. */
const MAX_UNNAMED_IN_FLIGHT = 8

/** The dependencies of unwrapping. */
export interface UnwrappingEdeks {
  readonly kms: Kms
  readonly onKeyGone: 'reject' | 'record'
  readonly keyAhead: KeyAhead
  readonly distrusted: DistrustList
  /** The KEK of the topic's rule, usually from the cache. */
  readonly resolveKek: (plan: TopicPlan, signal: AbortSignal | undefined) => Promise<Kek>
  /** Receives each version of a KEK that unwrapped an EDEK, and each that the KMS does not know. */
  readonly unwrapped: (kek: Kek) => void
  readonly ahead: (kek: Kek) => void
}

/**
 * Decides about each distinct EDEK of a call, in this order: which KEK it names, whether the topic trusts that KEK, and only then the KMS. Fills in `dek`,
 * which the caller destroys, or `rejection`.
 *
 * @param arrival - when the records arrived.
 * @throws errors of the KMS that are not about a single record: outages, denials and missing keys of the rule's own KEKs.
 */
export async function unwrapEdeks(
  unwrapping: UnwrappingEdeks,
  plan: TopicPlan,
  entries: readonly EdekEntry[],
  arrival: Arrival,
  results: KekResults,
  signal: AbortSignal | undefined,
): Promise<void> {
  const resolveRuleKek = async (): Promise<Kek | undefined> =>
    plan.kekSelector === undefined ? undefined : unwrapping.resolveKek(plan, signal)
  const { ruleKek, named, unnamed } = await trustedEdeks(plan, unwrapping.distrusted, resolveRuleKek, entries, signal)
  const unwrapper = new Unwrapper(unwrapping, plan, ruleKek, arrival, results, signal)
  const workers = [
    ...unwrapper.lane(unnamed, MAX_UNNAMED_IN_FLIGHT),
    ...unwrapper.lane(named, unnamed.length === 0 ? MAX_IN_FLIGHT : MAX_IN_FLIGHT - MAX_UNNAMED_IN_FLIGHT),
  ]
  try {
    await Promise.all(workers)
  } catch (error) {
    // Results that are still in flight arrive too late to be used.
    void Promise.allSettled(workers).then(() => {
      destroyDeks(entries)
    })
    throw error
  }
}

/** Destroys the handles that {@link unwrapEdeks} filled in. */
export function destroyDeks(entries: readonly EdekEntry[]): void {
  for (const { dek } of entries) dek?.destroy()
}

/** Unwraps the EDEKs of one call, a few at a time. */
class Unwrapper {
  readonly #unwrapping: UnwrappingEdeks
  readonly #plan: TopicPlan
  readonly #ruleKek: Kek | undefined
  readonly #arrival: Arrival
  readonly #results: KekResults
  readonly #signal: AbortSignal | undefined
  readonly #pace: Pace
  #failed = false

  constructor(
    unwrapping: UnwrappingEdeks,
    plan: TopicPlan,
    ruleKek: Kek | undefined,
    arrival: Arrival,
    results: KekResults,
    signal: AbortSignal | undefined,
  ) {
    this.#unwrapping = unwrapping
    this.#plan = plan
    this.#ruleKek = ruleKek
    this.#arrival = arrival
    this.#results = results
    this.#signal = signal
    this.#pace = new Pace(signal)
  }

  /** Starts the maximum number of workers; each takes the next EDEK until one fails. */
  lane(edeks: readonly TrustedEdek[], maxInFlight: number): Promise<void>[] {
    let next = 0
    const work = async (): Promise<void> => {
      while (next < edeks.length && !this.#failed) {
        try {
          const edek = edeks[next++] as TrustedEdek
          // A KMS that responds from a cache does not yield to the event loop.
          await this.#pace.take(UNWRAP_COST)
          await this.#unwrap(edek)
        } catch (error) {
          this.#failed = true
          throw error
        }
      }
    }
    return Array.from({ length: Math.min(maxInFlight, edeks.length) }, work)
  }

  async #unwrap(edek: TrustedEdek): Promise<void> {
    const { entry, named } = edek
    const { kek } = entry
    try {
      entry.dek = claimed(checkedResponse(await this.#decryptEdek(entry, named), 'decryptEdek', kek))
      this.#unwrapping.unwrapped(kek)
      if (named) this.#results.succeeded(kek)
    } catch (error) {
      // An abort never rejects a single record, whatever its reason.
      this.#signal?.throwIfAborted()
      if (named) this.#results.failed(kek, codeOf(error))
      entry.rejection = await judgeFailure(this.#policies, edek, error)
      if (entry.rejection === undefined) throw error
    }
  }

  /**
   * Decrypts an EDEK under the topic's own encryption context, then under those of the names that it is mapped to. A context that does not match decides nothing
   * yet; only the last rejection counts.
   */
  async #decryptEdek(entry: EdekEntry, named: boolean): Promise<Dek> {
    const { readContexts, rule } = this.#plan
    const options = this.#optionsFor(named)
    const last = readContexts.length - 1
    for (entry.context = 0; ; entry.context++) {
      const { encryptionContext } = readContexts[entry.context] as ReadContext
      try {
        return await this.#unwrapping.kms.decryptEdek(entry.kek, entry.edek, {
          ...options,
          ...(encryptionContext !== undefined && { encryptionContext, contextRead: rule.contextRead }),
        })
      } catch (error) {
        if (entry.context === last || !isKmsError(error, 'KMS_INVALID_EDEK')) throw error
        this.#signal?.throwIfAborted()
      }
    }
  }

  #optionsFor(named: boolean): KmsCallOptions {
    const { topic, kekSelector } = this.#plan
    const reader = { topic, named, ...(!named && kekSelector !== undefined && { ruleKekSelector: kekSelector }) }
    return { signal: this.#signal, reader }
  }

  get #policies(): Parameters<typeof judgeFailure>[0] {
    const { onKeyGone, keyAhead, ahead } = this.#unwrapping
    return {
      onKeyGone,
      isAheadVerdict: (edek, kek) => {
        ahead(kek)
        return keyAhead.isVerdict(kek, this.#arrival, (maxAgeMs) => this.#resolve(edek, maxAgeMs))
      },
    }
  }

  /** Resolves the KEK of an EDEK anew. The response is shared, so no caller's signal ends it. */
  async #resolve({ entry: { kek }, named }: TrustedEdek, maxAgeMs: number): Promise<Kek | undefined> {
    const { kms } = this.#unwrapping
    const { topic, kekSelector } = this.#plan
    if (!named) {
      try {
        return await kms.resolveKek(kek.id, { maxAgeMs, reader: { topic, named } })
      } catch (error) {
        // The KMS responds, but not about a KEK that the record chose: nothing more can be learned.
        if (isKmsError(error) && !error.retryable && !NOT_RESPONDED.has(error.code)) return undefined
        throw error
      }
    }
    const isRuleKek = this.#ruleKek !== undefined && sameKek(this.#ruleKek, kek) && kekSelector !== undefined
    const resolved = await kms.resolveKek(isRuleKek ? kekSelector : kek.id, { maxAgeMs })
    if (!sameKek(resolved, kek)) throw new Error('the selector names another KEK by now')
    return resolved
  }
}

const NOT_RESPONDED: ReadonlySet<string> = new Set(['KMS_CIRCUIT_OPEN', 'KMS_OVERLOADED', 'KMS_CLOSED'])

/** Claims the handle for records. One that the provider has claimed for another purpose is destroyed and not used. */
function claimed(dek: Dek): Dek {
  try {
    dek.claim('records')
    return dek
  } catch (error) {
    dek.destroy()
    throw error
  }
}
