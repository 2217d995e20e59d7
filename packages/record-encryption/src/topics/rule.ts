import type { Checked } from '../policies/check-options.ts'
import type {
  BindingOptions,
  EncryptionPolicies,
  OnPlaintext,
  PreviousKek,
  TopicPolicies,
  TopicRule,
} from '../types.ts'
import { compileKekSelector, type KekSelector } from './kek-selector.ts'
import { compileGlob, compileTopicPattern, type Matcher } from './pattern.ts'

/** How the records of a topic leave. Only `plaintext: 'allow'` is clear; a KEK that is missing never is. */
export type Protection =
  { readonly plaintext: 'allow' } | { readonly plaintext: 'never'; readonly selectKek: KekSelector }

/** A rule with all defaults filled in. */
export type CompiledRule = CompiledPolicies & Protection

interface CompiledPolicies {
  /** Position in `topics`. */
  readonly index: number
  readonly matches: Matcher
  readonly trustedKeks: 'rule' | 'boundary'
  /** Whether a `Kek.id` is one of `previousKeks`. */
  readonly isPreviousKek: Matcher
  /** Whether `previousKeks` names a `Kek.id` itself, rather than by a glob that whoever writes records can choose from. */
  readonly namesPreviousKek: Matcher
  readonly binding: Readonly<Required<{ [K in keyof BindingOptions]: NonNullable<BindingOptions[K]> }>>
  readonly encryptHeaders: boolean
  /** `allowBefore` by partition. */
  readonly onPlaintext: 'reject' | 'allow' | ReadonlyMap<number, bigint>
  readonly onMarked: 'reject' | 'decrypt'
  readonly tombstones: 'pass' | 'reject'
  readonly nested: 'reject' | 'allow'
}

/** Compiles all rules. @throws TypeError for the first thing that is wrong, naming its path. */
export function compileRules(policies: Checked<EncryptionPolicies>): CompiledRule[] {
  return policies.topics.map((rule, index) => compileRule(rule, policies, index))
}

/** What a rule says about a policy, else the instance's default. */
function inherited<K extends keyof TopicPolicies>(
  rule: TopicPolicies,
  defaults: TopicPolicies,
  name: K,
): TopicPolicies[K] {
  return rule[name] ?? defaults[name]
}

function compileRule(rule: TopicRule, defaults: TopicPolicies, index: number): CompiledRule {
  const path = `topics[${index}]`
  const trustedKeks = inherited(rule, defaults, 'trustedKeks') ?? 'rule'
  const onMarked = inherited(rule, defaults, 'onMarked') ?? 'reject'
  const protection = protectionOf(rule, path)
  if (
    protection.plaintext === 'allow' &&
    onMarked === 'decrypt' &&
    rule.trustedKeks !== 'boundary' &&
    !rule.previousKeks?.length
  ) {
    throw new TypeError(
      `"${path}" expected "previousKeks" or "trustedKeks: boundary" beside "onMarked: decrypt", which has no KEK of its own`,
    )
  }
  return {
    ...protection,
    index,
    matches: compileTopicPattern(rule.match, `${path}.match`),
    trustedKeks,
    ...compilePreviousKeks(inherited(rule, defaults, 'previousKeks') ?? []),
    binding: compileBinding(rule.binding ?? {}, defaults.binding ?? {}),
    encryptHeaders: inherited(rule, defaults, 'encryptHeaders') ?? false,
    onPlaintext: compileOnPlaintext(inherited(rule, defaults, 'onPlaintext') ?? 'reject'),
    onMarked,
    tombstones: inherited(rule, defaults, 'tombstones') ?? 'pass',
    nested: inherited(rule, defaults, 'nested') ?? 'reject',
  }
}

/** The schema demands exactly one of the two as well; this is the place that decides. */
function protectionOf({ kek, plaintext }: Pick<TopicRule, 'kek' | 'plaintext'>, path: string): Protection {
  if (plaintext === 'allow' && kek === undefined) return { plaintext: 'allow' }
  if (kek !== undefined && plaintext === undefined)
    return { plaintext: 'never', selectKek: compileKekSelector(kek, `${path}.kek`) }
  throw new TypeError(`"${path}" expected either "kek" or "plaintext: allow"`)
}

/** One by one: an `undefined` that is written down says nothing, and must not undo a stricter default. */
function compileBinding(rule: BindingOptions, defaults: BindingOptions): CompiledRule['binding'] {
  return {
    write: rule.write ?? defaults.write ?? true,
    read: rule.read ?? defaults.read ?? 'verify-if-present',
    key: rule.key ?? defaults.key ?? 'verify',
    partition: rule.partition ?? defaults.partition ?? false,
    headers: [...(rule.headers ?? defaults.headers ?? [])],
  }
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
