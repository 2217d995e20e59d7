import { type ConfigPolicies } from '@keyfold/config/tooling'
import { escapeText } from '@keyfold/kms-api'
import type { TopicDescription } from '@keyfold/record-encryption/config'

/** A topic and the rule that decides about it. */
export interface TopicRule {
  readonly topic: string
  readonly rule: TopicDescription | undefined
}

/** A checked configuration. */
export interface CheckedConfig {
  readonly provider: string
  readonly rules: readonly TopicRule[]
  readonly encryption: ConfigPolicies
  readonly warnings: readonly string[]
}

/** Returns the output of `config check --json`. */
export function checkJson({ provider, rules, encryption, warnings }: CheckedConfig): object {
  const { limits, topicMapping } = encryption
  const topics = rules.map(({ topic, rule }) => {
    if (rule === undefined) return { topic, rule: null }
    const previousKeks = previousKeksOf(rule, encryption)
    return { topic, ...rule, ...(previousKeks.length > 0 && { previousKeks }) }
  })
  return {
    provider,
    topics,
    ...(limits !== undefined && { limits }),
    ...(topicMapping !== undefined && { topicMapping }),
    ...(warnings.length > 0 && { warnings }),
  }
}

/** Returns the lines that `config check` prints, escaped. */
export function checkText({ provider, rules, encryption, warnings }: CheckedConfig): string[] {
  const { limits, topicMapping = {} } = encryption
  return [
    `provider ${provider}: ok`,
    ...rules.map((rule) => describeRule(rule, encryption)),
    ...(limits === undefined ? [] : [`limits: ${listOf(limits)}`]),
    ...Object.entries(topicMapping).map(
      ([topic, names]) => `topicMapping: ${topic} also holds records written for ${names.join(', ')}`,
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].map(escapeText)
}

function describeRule({ topic, rule }: TopicRule, encryption: ConfigPolicies): string {
  if (rule === undefined) return `${topic}: no rule; its records are rejected both ways`
  const { kekSelector, binding, trustedKeks, onPlaintext } = rule
  const name = `${topic}: rule encryption.topics[${rule.rule}]`
  const previous = previousKeksOf(rule, encryption).map((kek) => (typeof kek === 'string' ? kek : listOf(kek)))
  const keks = previous.length === 0 ? '' : `, previous KEKs ${previous.join(', ')}`
  if (kekSelector === undefined) return `${name}, in clear${keks}`
  const trust = trustedKeks === 'boundary' ? ', trusts every KEK of the provider' : ''
  const trailer = `binding ${binding.write ? 'written' : 'not written'} and read ${binding.read}`
  return `${name}, KEK ${kekSelector}${keks}, ${trailer}, plaintext ${onPlaintext}${trust}`
}

function previousKeksOf({ rule }: TopicDescription, { topics }: ConfigPolicies): readonly (string | object)[] {
  return topics[rule]?.previousKeks ?? []
}

/** `recordsPerDek 100, refreshMs 1000`. */
function listOf(settings: object): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
}
