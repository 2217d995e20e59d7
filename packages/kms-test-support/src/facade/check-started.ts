import { FacadeError } from './facade-error.ts'
import type { KmsFacade } from './kms-facade.ts'

/** A shorter secret would be found in any text, so the suite does not look for it. */
const MIN_CANARY = 6

/**
 * Checks what a facade returns after its start: counts, configuration and canaries.
 *
 * @throws FacadeError with every problem.
 */
export function checkStarted(facade: KmsFacade): void {
  const problems: string[] = []
  const causes: unknown[] = []
  const check = (name: string, find: () => string | undefined): void => {
    try {
      const problem = find()
      if (problem !== undefined) problems.push(`"facade.${name}()" expected ${problem}`)
    } catch (error) {
      problems.push(`"facade.${name}()" expected a result, got an error`)
      causes.push(error)
    }
  }
  check('requests', () => {
    const count: unknown = facade.requests()
    return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? undefined : 'a count of requests'
  })
  check('config', () => {
    const config: unknown = facade.config()
    if (typeof config !== 'object' || config === null || Array.isArray(config)) return 'an object'
    return config === facade.config() ? 'a new object each time' : undefined
  })
  check('canaries', () => {
    const canaries: unknown = facade.canaries()
    if (!Array.isArray(canaries)) return 'an array'
    if (canaries.length === 0) return 'at least one secret, because no leak could be found otherwise, got none'
    const short = canaries.findIndex(
      (canary) => !((typeof canary === 'string' || canary instanceof Uint8Array) && canary.length >= MIN_CANARY),
    )
    return short < 0 ? undefined : `texts or bytes of at least ${MIN_CANARY}, got another at ${short}`
  })
  if (problems.length > 0) throw new FacadeError(problems, causes[0])
}
