import { formatPath, type StandardIssue } from '@keyfold/kms-api'
import { configProblems } from '@keyfold/kms-api/provider-kit'

/**
 * Says what a schema found wrong and where: `"encryption.topics[0].mach" expected to be absent, …`. Never a value.
 *
 * @param config - what was checked.
 * @param place - where that stands in the document.
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
