import {
  isDekError,
  isKmsError,
  printable,
  sameKek,
  type Dek,
  type Kek,
  type Kms,
  type KmsError,
  type KmsErrorCode,
} from '@keyfold/kms-api'

import { Slice } from '../records/slice.ts'
import { yieldToEventLoop } from '../records/yield-to-event-loop.ts'
import type { TopicPlan } from '../topics/topic-plan.ts'
import { invalidEdek, type EdekEntry, type EdekRejection } from './edek-table.ts'

/** Most EDEKs of one call that the KMS is asked for at a time. */
const IN_FLIGHT = 32
const EDEK_INVALID: ReadonlySet<KmsErrorCode> = new Set(['KMS_INVALID_EDEK', 'KMS_KEK_MISMATCH'])
const KEY_GONE: ReadonlySet<KmsErrorCode> = new Set([
  'KMS_UNKNOWN_KEY',
  'KMS_KEY_UNAVAILABLE',
  'KMS_ACCESS_DENIED',
  'KMS_INVALID_KEY_USAGE',
])

/** What opening EDEKs needs. */
export interface UnwrappingEdeks {
  readonly kms: Kms
  readonly onKeyGone: 'reject' | 'record'
  /** The KEK that the topic's rule yields; from the cache as a rule. */
  readonly resolveKek: (plan: TopicPlan, signal: AbortSignal | undefined) => Promise<Kek>
}

/**
 * Decides about each distinct EDEK of a call, in this order: which KEK it names, whether the topic trusts that KEK, and only then the KMS.
 * Fills in `dek`, which the caller destroys, or `refusal`.
 *
 * @throws what says something about the KMS and not about a record: outages, denials and missing keys of the rule's own KEKs.
 */
export async function unwrapEdeks(
  opening: UnwrappingEdeks,
  plan: TopicPlan,
  entries: readonly EdekEntry[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const trusted = await trustedOf(opening, plan, entries, signal)
  let next = 0
  let failed = false
  const work = async (): Promise<void> => {
    while (next < trusted.length && !failed) {
      const { entry, kek } = trusted[next++] as Trusted
      try {
        await unwrapEdek(opening, plan, entry, kek, signal)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const workers = Array.from({ length: Math.min(IN_FLIGHT, trusted.length) }, work)
  try {
    await Promise.all(workers)
  } catch (error) {
    // Those that are still on their way come too late to be used.
    void Promise.allSettled(workers).then(() => {
      destroyDeks(entries)
    })
    throw error
  }
}

/** Ends the handles that {@link unwrapEdeks} filled in. */
export function destroyDeks(entries: readonly EdekEntry[]): void {
  for (const { dek } of entries) dek?.destroy()
}

interface Trusted {
  readonly entry: EdekEntry
  readonly kek: Kek
}

/** The entries whose KEK the topic trusts; the others get their refusal. Nothing that is read from a record is asked of the KMS here. */
async function trustedOf(
  opening: UnwrappingEdeks,
  plan: TopicPlan,
  entries: readonly EdekEntry[],
  signal: AbortSignal | undefined,
): Promise<Trusted[]> {
  const { rule } = plan
  const trusted: Trusted[] = []
  if (entries.length === 0) return trusted
  const ruleKek =
    rule.trustedKeks === 'rule' && plan.kekSelector !== undefined ? await opening.resolveKek(plan, signal) : undefined
  let slice = new Slice()
  for (const entry of entries) {
    if (slice.full) {
      await yieldToEventLoop(signal)
      slice = new Slice()
    }
    slice.take(0)
    const { kek } = entry
    if (
      rule.trustedKeks === 'boundary' ||
      (ruleKek !== undefined && sameKek(kek, ruleKek)) ||
      rule.isPreviousKek(kek.id)
    ) {
      // A DEK that anybody could have made proves nothing of what "require" asks for.
      if (kek.wrapping === 'public-key' && rule.binding.read === 'require') entry.refusal = forgeable(kek)
      else trusted.push({ entry, kek })
    } else entry.refusal = untrusted(kek, plan)
  }
  return trusted
}

async function unwrapEdek(
  opening: UnwrappingEdeks,
  plan: TopicPlan,
  entry: EdekEntry,
  kek: Kek,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    entry.dek = claimed(await opening.kms.decryptEdek(kek, entry.edek, { signal }))
  } catch (error) {
    // Whatever the reason of an abort is, it is no verdict.
    signal?.throwIfAborted()
    if (isDekError(error, 'DEK_CLAIMED')) entry.refusal = invalidEdek(error)
    else if (!isKmsError(error)) throw error
    else if (EDEK_INVALID.has(error.code)) entry.refusal = invalidEdek(error)
    else if (
      KEY_GONE.has(error.code) &&
      (opening.onKeyGone === 'record' || isTooOld(error) || !(await isOwnKek(opening, plan, kek, signal)))
    ) {
      entry.refusal = {
        code: 'RECORD_KEY_GONE',
        message: `the record's KEK ${printable(kek.id)} cannot be used any more`,
        cause: error,
      }
    } else throw error
  }
}

/** An EDEK of an envelope, copied into a record, has a DEK that is claimed for envelopes. */
function claimed(dek: Dek): Dek {
  try {
    dek.claim('records')
    return dek
  } catch (error) {
    dek.destroy()
    throw error
  }
}

/** A version that is not accepted any more says nothing about the KEK: the EDEK names it, and whoever writes records chooses that. */
function isTooOld(error: KmsError): boolean {
  return error.code === 'KMS_KEY_UNAVAILABLE' && (error as KmsError & { readonly state?: unknown }).state === 'too-old'
}

/**
 * Whether the rule itself names the KEK: its absence is then the operator's business. Which of the KEKs that a glob or the boundary allows a
 * record names is up to whoever wrote it, and a verdict about that record.
 */
async function isOwnKek(
  opening: UnwrappingEdeks,
  plan: TopicPlan,
  kek: Kek,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (plan.rule.namesPreviousKek(kek.id)) return true
  return plan.kekSelector !== undefined && sameKek(kek, await opening.resolveKek(plan, signal))
}

function forgeable(kek: Kek): EdekRejection {
  const message = `the record's KEK ${printable(kek.id)} expected to be one whose EDEKs only its users can make, because "binding.read" is "require"`
  return { code: 'RECORD_KEK_UNTRUSTED', message }
}

function untrusted(kek: Kek, { rule }: TopicPlan): EdekRejection {
  const id = printable(kek.id)
  const message = `the record's KEK ${id} expected to be the KEK of the topic's rule; if it was this topic's KEK before, add to topics[${rule.index}]: previousKeks: [{ id: ${id} }]`
  return { code: 'RECORD_KEK_UNTRUSTED', message }
}
