import { checkPolicies } from '../policies/check-options.ts'
import type { EncryptionPolicies, TopicRule } from '../types.ts'
import { patternCovers } from './pattern-covers.ts'

/** A rule that no topic ever reaches. */
export interface ShadowedRule {
  /** Position of the rule in `topics`. */
  readonly rule: number
  /** Position of the earlier rule that matches every topic that this one matches. */
  readonly shadowedBy: number
  /** Whether the rule has a KEK and the earlier one sends its topics in clear. */
  readonly leavesInClear: boolean
}

/**
 * Finds rules that are never used because an earlier one matches every topic that they match. Calls no KMS.
 *
 * Globs are compared exactly. For regular expressions the result is a good guess: a rule that is shadowed only in part, or by several earlier rules
 * together, is not reported.
 *
 * @throws TypeError for rules that are wrong.
 */
export function findShadowedRules(policies: EncryptionPolicies): ShadowedRule[] {
  return shadowedRulesOf(checkPolicies(policies).topics)
}

/** Does the same as {@link findShadowedRules}, for rules that are compiled already. */
export function shadowedRulesOf(rules: readonly TopicRule[]): ShadowedRule[] {
  return rules.flatMap(({ match, kek }, rule) => {
    const shadowedBy = rules.slice(0, rule).findIndex((earlier) => patternCovers(earlier.match, match))
    if (shadowedBy < 0) return []
    return [{ rule, shadowedBy, leavesInClear: kek !== undefined && rules[shadowedBy]?.plaintext === 'allow' }]
  })
}

/** Describes a rule that {@link findShadowedRules} found, and what to do. */
export function describeShadowedRule({ rule, shadowedBy, leavesInClear }: ShadowedRule): string {
  const why = `topics[${rule}] is never used: topics[${shadowedBy}] comes first and matches every topic that it matches`
  return leavesInClear ? `${why}, and sends them in clear; move topics[${rule}] before it` : why
}
