import type { EncryptionContext } from '@keyfold/kms-api'

import { checkPolicies } from '../policies/check-options.ts'
import type { EncryptionPolicies } from '../types.ts'
import { compileRules } from './rule.ts'
import { checkTopicName } from './topic-name.ts'

/** The decision about the records of a topic. */
export interface TopicDescription {
  /** Position of the rule in `topics`. */
  readonly rule: number
  /** The selector of the KEK; absent where the topic is sent in clear. */
  readonly kekSelector?: string | undefined
  /** Bound by the KMS to the topic's EDEKs; absent without one. */
  readonly encryptionContext?: EncryptionContext | undefined
  readonly binding: { readonly write: boolean; readonly read: 'off' | 'verify-if-present' | 'require' }
  readonly trustedKeks: 'rule' | 'boundary'
  readonly onPlaintext: 'reject' | 'allow' | 'allowBefore'
}

/**
 * Returns the rule that decides about a topic. Calls no KMS.
 *
 * @returns `undefined` when no rule matches: such a topic is rejected, when encrypting and when decrypting.
 * @throws TypeError for rules that are wrong, or a name that Kafka does not accept.
 */
export function describeTopic(policies: EncryptionPolicies, topic: string): TopicDescription | undefined {
  checkTopicName(topic)
  const rule = compileRules(checkPolicies(policies)).find(({ matches }) => matches(topic))
  if (rule === undefined) return undefined
  const context = rule.contextOf(topic)
  return {
    rule: rule.index,
    ...(rule.plaintext === 'never' && { kekSelector: rule.selectKek(topic) }),
    ...(context !== undefined && { encryptionContext: context }),
    binding: { write: rule.binding.write, read: rule.binding.read },
    trustedKeks: rule.trustedKeks,
    onPlaintext: typeof rule.onPlaintext === 'string' ? rule.onPlaintext : 'allowBefore',
  }
}
