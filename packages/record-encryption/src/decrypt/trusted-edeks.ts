import { sameKek, type Kek } from '@keyfold/kms-api'

import { distrustedText, forgeableText, untrustedText } from '../errors/rejection-texts.ts'
import type { DistrustList } from '../keks/distrust-list.ts'
import { Slice } from '../records/slice.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import type { EdekEntry, EdekRejection } from './edek-table.ts'

/** An EDEK whose KEK the topic trusts. */
export interface TrustedEdek {
  readonly entry: EdekEntry
  /** Whether the rule names the KEK exactly. If not, the writer of the record chose it. */
  readonly named: boolean
}

/** The trusted EDEKs of a call, those of KEKs that the rule names exactly apart from the others. */
export interface TrustedEdeks {
  /** The KEK that the rule yields; absent on a clear topic. */
  readonly ruleKek: Kek | undefined
  readonly named: readonly TrustedEdek[]
  readonly unnamed: readonly TrustedEdek[]
}

/**
 * Returns the EDEKs whose KEK the topic trusts; the others are rejected. The only request is for the rule's own KEK, and none is made
 * for anything read from a record.
 *
 * @param resolveRuleKek - resolves the KEK that the topic's rule yields; `undefined` on a clear topic. Called at most once.
 */
export async function trustedEdeks(
  { rule }: TopicPlan,
  distrusted: DistrustList,
  resolveRuleKek: () => Promise<Kek | undefined>,
  entries: readonly EdekEntry[],
  signal: AbortSignal | undefined,
): Promise<TrustedEdeks> {
  const trusted = { ruleKek: undefined as Kek | undefined, named: [] as TrustedEdek[], unnamed: [] as TrustedEdek[] }
  // A DEK that anybody can create does not prove what "require" demands, whatever the rule's own KEK is.
  const isForgeable = ({ wrapping }: Kek): boolean =>
    wrapping === 'public-key' && rule.binding.read === 'require' && !rule.acceptForgeableDeks
  const everyForgeable = rule.trustedKeks === 'boundary' && entries.every(({ kek }) => isForgeable(kek))
  if (entries.length > 0 && !everyForgeable) trusted.ruleKek = await resolveRuleKek()
  let slice = new Slice()
  for (const entry of entries) {
    if (slice.full) {
      await yieldToEventLoop(signal)
      slice = new Slice()
    }
    slice.take(0)
    const { kek } = entry
    const named = (trusted.ruleKek !== undefined && sameKek(kek, trusted.ruleKek)) || rule.namesPreviousKek(kek.id)
    const isTrusted = named || rule.trustedKeks === 'boundary' || rule.isPreviousKek(kek.id)
    // Before everything else: a leaked DEK must decrypt nothing, whatever is trusted or cached.
    if (distrusted.has(entry.edek, kek, isTrusted)) entry.rejection = new Distrust(kek)
    else if (!isTrusted) entry.rejection = new UntrustedKek(kek, rule.index)
    else if (isForgeable(kek)) entry.rejection = new UntrustedKek(kek, undefined)
    else trusted[named ? 'named' : 'unnamed'].push({ entry, named })
  }
  return trusted
}

/** The rejection of a distrusted EDEK. */
class Distrust implements EdekRejection {
  readonly code = 'RECORD_DISTRUSTED'
  readonly #kek: Kek

  constructor(kek: Kek) {
    this.#kek = kek
  }

  get message(): string {
    return distrustedText(this.#kek)
  }
}

/** The rejection of a KEK. Its text is composed on demand, because each of many records can name a different KEK. */
class UntrustedKek implements EdekRejection {
  readonly code = 'RECORD_KEK_UNTRUSTED'
  readonly #kek: Kek
  readonly #ruleIndex: number | undefined

  /** @param ruleIndex - the rule that does not trust the KEK; absent if the KEK is trusted but anybody can create EDEKs for it. */
  constructor(kek: Kek, ruleIndex: number | undefined) {
    this.#kek = kek
    this.#ruleIndex = ruleIndex
  }

  get message(): string {
    return this.#ruleIndex === undefined ? forgeableText(this.#kek) : untrustedText(this.#kek, this.#ruleIndex)
  }
}
