import type { StandardIssue } from '../contract/standard-schema.ts'
import { describeType } from '../errors/describe-type.ts'
import { printable } from '../errors/printable.ts'
import { quotesConfig } from './quotes-config.ts'
import { valueAt } from './value-at.ts'

/** One thing that is wrong in a configuration. */
export interface ConfigProblem {
  /** The place: names and indexes from the top; empty for the whole. */
  readonly path: readonly PropertyKey[]
  /** The expected and the actual value: `expected string, got number`. Quotes no value of the configuration, and no control character. */
  readonly problem: string
}

/**
 * Returns the problems that a Standard Schema reported, in the same words for every library: at least one, and one for each unknown key.
 *
 * @param issues - what the schema found; a message that quotes what it was about, or a secret, is replaced.
 * @param config - what was checked.
 */
export function configProblems(issues: readonly StandardIssue[], config: unknown): [ConfigProblem, ...ConfigProblem[]] {
  const [first, ...others] = issues
    .flatMap(split)
    .map((complaint) => ({ path: complaint.path, problem: problemOf(complaint, config) }))
  return [first ?? { path: [], problem: 'expected what the schema allows, got something else' }, ...others]
}

interface Complaint {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly unknownKey: boolean
}

/** zod reports unknown keys in one issue of the object that has them: each is a problem with a path of its own. */
function split(issue: StandardIssue): Complaint[] {
  const path = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
  const { code, keys } = issue as { readonly code?: unknown; readonly keys?: unknown }
  if (code === 'unrecognized_keys' && Array.isArray(keys)) {
    return keys.map((key: PropertyKey) => ({ path: [...path, key], message: issue.message, unknownKey: true }))
  }
  return [{ path, message: issue.message, unknownKey: false }]
}

function problemOf(complaint: Complaint, config: unknown): string {
  if (complaint.unknownKey) return 'expected to be absent, got an unknown key; check its spelling'
  const value = valueAt(config, complaint.path)
  if (quotesConfig(complaint.message, value, config))
    return `expected what the schema allows, got another ${kindOf(value)}`
  const expected = /\bexpected /i.exec(complaint.message)
  const readable = printable(complaint.message.slice(expected?.index ?? 0))
    .slice(1, -1)
    .replaceAll('\\"', '"')
  if (expected === null) return `expected a valid ${kindOf(value)}, got another one: ${readable}`
  const sentence = readable.replace(/^E/, 'e').replace(', received ', ', got ')
  return sentence.includes(', got ') ? sentence : `${sentence}, got ${describeType(value)}`
}

function kindOf(value: unknown): string {
  return value === undefined ? 'value' : describeType(value)
}
