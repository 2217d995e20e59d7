import type { EncryptionContext } from '@keyfold/kms-api'

import { BindingWriter } from '../binding/binding-writer.ts'
import type { Checked } from '../policies/check-options.ts'
import type { EncryptionPolicies } from '../types.ts'
import { readContextsOf, type ReadContext } from './read-contexts.ts'
import { compileRules, type CompiledRule } from './rule.ts'
import { checkTopicName } from './topic-name.ts'

/** The compiled plan of a topic, made before its records are read. */
export type TopicPlan = TopicFacts & TopicProtection

/** Only `plaintext: 'allow'` sends records in clear, and only a rule with it yields this. */
type TopicProtection =
  | { readonly plaintext: 'allow'; readonly kekSelector?: undefined }
  | { readonly plaintext: 'never'; readonly kekSelector: string }

interface TopicFacts {
  readonly topic: string
  readonly rule: CompiledRule
  /** Absent where no trailer is written. */
  readonly bindingWriter: BindingWriter | undefined
  /** Bound by the KMS to the EDEKs that are made for the topic. */
  readonly encryptionContext: EncryptionContext | undefined
  /** At least one: the topic's own first. */
  readonly readContexts: readonly ReadContext[]
}

/** Topics come from the application: a few thousand are usual, and many more are a mistake that must not exhaust memory. */
const MAX_PLANS = 10_000

/** Creates and caches the plan of each topic. */
export class TopicPlans {
  readonly #rules: readonly CompiledRule[]
  readonly #topicMapping: ReadonlyMap<string, readonly string[]>
  readonly #plans = new Map<string, TopicPlan | undefined>()

  /** @throws TypeError for rules or a mapping that are wrong. */
  constructor(policies: Checked<EncryptionPolicies>) {
    this.#rules = compileRules(policies)
    this.#topicMapping = new Map(
      Object.entries(policies.topicMapping ?? {}).map(([topic, names]) => [topic, [...names]]),
    )
    for (const [topic, names] of this.#topicMapping) {
      checkTopicName(topic, 'topicMapping')
      names.forEach((name, i) => {
        checkTopicName(name, `topicMapping.${topic}[${i}]`)
      })
    }
  }

  /** @returns `undefined` when no rule matches. @throws TypeError for a name that Kafka does not accept. */
  of(topic: string): TopicPlan | undefined {
    if (this.#plans.has(topic)) return this.#plans.get(topic)
    checkTopicName(topic)
    const plan = this.#make(topic)
    if (this.#plans.size >= MAX_PLANS) this.#plans.clear()
    this.#plans.set(topic, plan)
    return plan
  }

  #make(topic: string): TopicPlan | undefined {
    const rule = this.#rules.find(({ matches }) => matches(topic))
    if (rule === undefined) return undefined
    return {
      topic,
      rule,
      ...protectionOf(rule, topic),
      bindingWriter: rule.binding.write ? new BindingWriter(topic, rule.binding) : undefined,
      encryptionContext: rule.contextOf(topic),
      readContexts: readContextsOf(rule, topic, this.#topicMapping.get(topic) ?? []),
    }
  }
}

function protectionOf(rule: CompiledRule, topic: string): TopicProtection {
  return rule.plaintext === 'allow'
    ? { plaintext: 'allow' }
    : { plaintext: 'never', kekSelector: rule.selectKek(topic) }
}
