import type { StandardIssue, StandardResult, StandardSchemaV1 } from '../contract/standard-schema.ts'
import { describeType } from '../errors/describe-type.ts'
import { KmsConfigError } from '../errors/kms-errors.ts'
import { printable } from '../errors/printable.ts'
import { sanitizeCause } from '../errors/sanitize-cause.ts'
import { formatPath, valueAt } from './config-path.ts'
import { quotesConfig } from './quotes-config.ts'

const MOST_OTHERS = 5

/**
 * Checks a configuration with any Standard Schema and gives what the schema makes of it.
 *
 * @param details - the provider's short name, for the error.
 * @throws KmsConfigError `KMS_CONFIG` for the first field that is wrong; its message names the others, and quotes no value of the configuration.
 */
export async function parseConfig<C>(schema: StandardSchemaV1<unknown, C>, config: unknown, details: { readonly provider: string }): Promise<C> {
  const fail = (path: string, problem: string, cause?: Error) => new KmsConfigError(path, problem, { ...details, operation: 'create', cause })
  let result: StandardResult<C>
  try {
    result = await schema['~standard'].validate(config)
  } catch (error) {
    throw fail('', 'could not be checked: its schema failed', sanitizeCause(error))
  }
  if (result.issues === undefined) return result.value
  const [first, ...others] = result.issues.flatMap(split)
  if (first === undefined) throw fail('', 'expected what the schema allows, got something else')
  throw fail(formatPath(first.path), problemOf(first, config) + alsoWrong(others))
}

interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly unknownKey: boolean
}

/** zod reports unknown keys in one issue of the object that has them: each is a problem with a path of its own. */
function split(issue: StandardIssue): Problem[] {
  const path = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
  const { code, keys } = issue as { readonly code?: unknown; readonly keys?: unknown }
  if (code === 'unrecognized_keys' && Array.isArray(keys)) {
    return keys.map((key: PropertyKey) => ({ path: [...path, key], message: issue.message, unknownKey: true }))
  }
  return [{ path, message: issue.message, unknownKey: false }]
}

function problemOf(problem: Problem, config: unknown): string {
  if (problem.unknownKey) return 'expected to be absent, got an unknown key; check its spelling'
  const value = valueAt(config, problem.path)
  if (quotesConfig(problem.message, value, config)) return `expected what the schema allows, got another ${kindOf(value)}`
  const expected = /\bexpected /i.exec(problem.message)
  const readable = printable(problem.message.slice(expected?.index ?? 0)).slice(1, -1).replaceAll('\\"', '"')
  if (expected === null) return `expected a valid ${kindOf(value)}, got another one: ${readable}`
  const sentence = readable.replace(/^E/, 'e').replace(', received ', ', got ')
  return sentence.includes(', got ') ? sentence : `${sentence}, got ${describeType(value)}`
}

function kindOf(value: unknown): string {
  return value === undefined ? 'value' : describeType(value)
}

function alsoWrong(others: readonly Problem[]): string {
  if (others.length === 0) return ''
  const more = others.length > MOST_OTHERS ? ' and more' : ''
  return `; also wrong: ${others.slice(0, MOST_OTHERS).map(({ path }) => `"${formatPath(path)}"`).join(', ')}${more}`
}
