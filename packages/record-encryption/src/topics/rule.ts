import type { Checked } from '../policies/check-options.ts'
import { topicPolicies } from '../policies/policies.ts'
import type { Resolved } from '../policies/policy.ts'
import { resolvePolicies } from '../policies/resolve-policies.ts'
import type { OnPlaintext, PreviousKek } from '../policies/values.ts'
import type { EncryptionPolicies, TopicPolicies, TopicRule } from '../types.ts'
import { compileContext, type ContextOf } from './context-template.ts'
import { compileKekSelector, type KekSelector } from './kek-selector.ts'
import { compileGlob, compileTopicPattern, type Matcher } from './pattern.ts'

/** The protection of a topic's records. Only `plaintext: 'allow'` sends them in clear; a missing KEK never does. */
export type Protection =
  { readonly plaintext: 'allow' } | { readonly plaintext: 'never'; readonly selectKek: KekSelector }

/** A rule with all defaults filled in. */
export type CompiledRule = CompiledPolicies & Protection

/** Policies that are compiled to something else; the others stay as they are. */
type Raw = 'previousKeks' | 'onPlaintext' | 'encryptionContext'

interface CompiledPolicies extends Omit<Resolved<typeof topicPolicies>, Raw> {
  /** Position in `topics`. */
  readonly index: number
  readonly matches: Matcher
  /** Whether a `Kek.id` is one of `previousKeks`. */
  readonly isPreviousKek: Matcher
  /** Whether `previousKeks` names a `Kek.id` itself, rather than by a glob, within which the writer of a record can choose. */
  readonly namesPreviousKek: Matcher
  readonly contextOf: ContextOf
  /** `allowBefore` by partition. */
  readonly onPlaintext: 'reject' | 'allow' | ReadonlyMap<number, bigint>
}

/** Compiles all rules. @throws TypeError for the first thing that is wrong, naming its path. */
export function compileRules(policies: Checked<EncryptionPolicies>): CompiledRule[] {
  return policies.topics.map((rule, index) => compileRule(rule, policies, index))
}

function compileRule(rule: TopicRule, defaults: TopicPolicies, index: number): CompiledRule {
  const path = `topics[${index}]`
  const { previousKeks, onPlaintext, encryptionContext, ...policies } = resolvePolicies(topicPolicies, rule, defaults)
  const protection = protectionOf(rule, path)
  if (
    protection.plaintext === 'allow' &&
    policies.onMarked === 'decrypt' &&
    rule.trustedKeks !== 'boundary' &&
    !rule.previousKeks?.length
  ) {
    throw new TypeError(
      `"${path}" expected "previousKeks" or "trustedKeks: boundary" beside "onMarked: decrypt", which has no KEK of its own`,
    )
  }
  return {
    ...policies,
    ...protection,
    index,
    matches: compileTopicPattern(rule.match, `${path}.match`),
    ...compilePreviousKeks(previousKeks),
    contextOf: compileContext(encryptionContext, `${path}.encryptionContext`),
    onPlaintext: compileOnPlaintext(onPlaintext),
  }
}

/** The schema also demands exactly one of the two; this check is authoritative. */
function protectionOf({ kek, plaintext }: Pick<TopicRule, 'kek' | 'plaintext'>, path: string): Protection {
  if (plaintext === 'allow' && kek === undefined) return { plaintext: 'allow' }
  if (kek !== undefined && plaintext === undefined)
    return { plaintext: 'never', selectKek: compileKekSelector(kek, `${path}.kek`) }
  throw new TypeError(`"${path}" expected either "kek" or "plaintext: allow"`)
}

function compilePreviousKeks(keks: readonly PreviousKek[]): Pick<CompiledRule, 'isPreviousKek' | 'namesPreviousKek'> {
  const named = new Set(keks.map((kek) => (typeof kek === 'string' ? kek : kek.id)).filter((_, i) => !isWild(keks[i])))
  const globs = keks
    .filter((kek) => typeof kek === 'string')
    .filter(isWild)
    .map(compileGlob)
  return {
    isPreviousKek: (id) => named.has(id) || globs.some((matches) => matches(id)),
    namesPreviousKek: (id) => named.has(id),
  }
}

function isWild(kek: PreviousKek | undefined): boolean {
  return typeof kek === 'string' && /[*?]/.test(kek)
}

function compileOnPlaintext(policy: OnPlaintext): CompiledRule['onPlaintext'] {
  if (typeof policy === 'string') return policy
  return new Map(Object.entries(policy.allowBefore).map(([partition, offset]) => [Number(partition), BigInt(offset)]))
}
