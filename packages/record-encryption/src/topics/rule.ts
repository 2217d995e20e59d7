import type { BindingOptions, EncryptionPolicies, OnPlaintext, PreviousKek, TopicPolicies, TopicRule } from '../types.ts'
import { type KekSelector, compileKekSelector } from './kek-selector.ts'
import { type Matcher, compileGlob, compileTopicPattern } from './pattern.ts'

/** A rule with all defaults filled in. */
export interface CompiledRule {
  /** Position in `topics`. */
  readonly index: number
  readonly matches: Matcher
  /** Absent where the topic is sent in clear. */
  readonly selectKek: KekSelector | undefined
  readonly trustedKeks: 'rule' | 'boundary'
  /** Whether a `Kek.id` is one of `previousKeks`. */
  readonly isPreviousKek: Matcher
  readonly binding: Readonly<Required<{ [K in keyof BindingOptions]: NonNullable<BindingOptions[K]> }>>
  readonly encryptHeaders: boolean
  /** `allowBefore` by partition. */
  readonly onPlaintext: 'reject' | 'allow' | ReadonlyMap<number, bigint>
  readonly onMarked: 'reject' | 'decrypt'
  readonly tombstones: 'pass' | 'reject'
  readonly nested: 'reject' | 'allow'
}

/** Compiles all rules. @throws TypeError for the first thing that is wrong, naming its path. */
export function compileRules(policies: EncryptionPolicies): CompiledRule[] {
  return policies.topics.map((rule, index) => compileRule(rule, policies, index))
}

/** What a rule says about a policy, else the instance's default. */
function inherited<K extends keyof TopicPolicies>(rule: TopicPolicies, defaults: TopicPolicies, name: K): TopicPolicies[K] {
  return rule[name] ?? defaults[name]
}

function compileRule(rule: TopicRule, defaults: TopicPolicies, index: number): CompiledRule {
  const path = `topics[${index}]`
  const trustedKeks = inherited(rule, defaults, 'trustedKeks') ?? 'rule'
  const onMarked = inherited(rule, defaults, 'onMarked') ?? 'reject'
  if (rule.kek === undefined && onMarked === 'decrypt' && rule.trustedKeks !== 'boundary' && !rule.previousKeks?.length) {
    throw new TypeError(`"${path}" expected "previousKeks" or "trustedKeks: boundary" beside "onMarked: decrypt", which has no KEK of its own`)
  }
  return {
    index,
    matches: compileTopicPattern(rule.match, `${path}.match`),
    selectKek: rule.kek === undefined ? undefined : compileKekSelector(rule.kek, `${path}.kek`),
    trustedKeks,
    isPreviousKek: compilePreviousKeks(inherited(rule, defaults, 'previousKeks') ?? []),
    binding: compileBinding(rule.binding ?? {}, defaults.binding ?? {}),
    encryptHeaders: inherited(rule, defaults, 'encryptHeaders') ?? false,
    onPlaintext: compileOnPlaintext(inherited(rule, defaults, 'onPlaintext') ?? 'reject'),
    onMarked,
    tombstones: inherited(rule, defaults, 'tombstones') ?? 'pass',
    nested: inherited(rule, defaults, 'nested') ?? 'reject',
  }
}

/** One by one: an `undefined` that is written down says nothing, and must not undo a stricter default. */
function compileBinding(rule: BindingOptions, defaults: BindingOptions): CompiledRule['binding'] {
  return {
    write: rule.write ?? defaults.write ?? true,
    read: rule.read ?? defaults.read ?? 'verify-if-present',
    key: rule.key ?? defaults.key ?? 'verify',
    partition: rule.partition ?? defaults.partition ?? false,
    headers: rule.headers ?? defaults.headers ?? [],
  }
}

function compilePreviousKeks(keks: readonly PreviousKek[]): Matcher {
  const matchers = keks.map((kek) => (typeof kek === 'string' ? compileGlob(kek) : (id: string) => id === kek.id))
  return (id) => matchers.some((matches) => matches(id))
}

function compileOnPlaintext(policy: OnPlaintext): CompiledRule['onPlaintext'] {
  if (typeof policy === 'string') return policy
  return new Map(Object.entries(policy.allowBefore).map(([partition, offset]) => [Number(partition), BigInt(offset)]))
}
