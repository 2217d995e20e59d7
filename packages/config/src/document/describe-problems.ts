import { formatPath, type StandardIssue } from '@keyfold/kms-api'
import { configProblems } from '@keyfold/kms-api/provider-kit'

/**
 * Describes the problems that a schema found, each with its place: `"encryption.topics[0].mach" expected to be absent, …`. Never a value.
 *
 * @param config - the checked value.
 * @param place - its place in the document.
 */
export function describeProblems(
  issues: readonly StandardIssue[],
  config: unknown,
  place: readonly string[] = [],
): string {
  return configProblems(issues, config)
    .map(({ path, problem }) => {
      const where = formatPath([...place, ...path])
      return `${where === '' ? 'the configuration' : `"${where}"`} ${problem}`
    })
    .join('; ')
}
