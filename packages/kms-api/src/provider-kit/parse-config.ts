import type { StandardResult, StandardSchemaV1 } from '../contract/standard-schema.ts'
import { formatPath } from '../errors/format-path.ts'
import { KmsConfigError } from '../errors/kms-errors.ts'
import { sanitizeCause } from '../errors/sanitize-cause.ts'
import { configProblems, type ConfigProblem } from './config-problems.ts'

const MAX_OTHERS = 5

/**
 * Checks a configuration with any Standard Schema and gives what the schema makes of it.
 *
 * @param details - the provider's short name, for the error.
 * @throws KmsConfigError `KMS_CONFIG` for the first field that is wrong; its message names the others, and quotes no value of the configuration.
 */
export async function parseConfig<C>(
  schema: StandardSchemaV1<unknown, C>,
  config: unknown,
  details: { readonly provider: string },
): Promise<C> {
  const fail = (path: string, problem: string, cause?: Error) =>
    new KmsConfigError(path, problem, { ...details, operation: 'create', cause })
  let result: StandardResult<C>
  try {
    result = await schema['~standard'].validate(config)
  } catch (error) {
    throw fail('', 'could not be checked: its schema failed', sanitizeCause(error))
  }
  if (result.issues === undefined) return result.value
  const [first, ...others] = configProblems(result.issues, config)
  throw fail(formatPath(first.path), first.problem + alsoWrong(others))
}

function alsoWrong(others: readonly ConfigProblem[]): string {
  if (others.length === 0) return ''
  const more = others.length > MAX_OTHERS ? ' and more' : ''
  return `; also wrong: ${others
    .slice(0, MAX_OTHERS)
    .map(({ path }) => `"${formatPath(path)}"`)
    .join(', ')}${more}`
}
