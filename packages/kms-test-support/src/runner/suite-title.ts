import { BELIEVED } from '../facade/capability.ts'
import type { KmsFacade } from '../facade/kms-facade.ts'

/** The title of the check that runs before the first clause. */
export const FACADE_TITLE = 'C00 the facade is complete; otherwise clauses fail that say nothing about the provider'

/** Returns the title of a run, with what its manifest declares, and how much of that the suite cannot check. */
export function suiteTitle({ name, manifest }: KmsFacade): string {
  const lacking = Object.keys(manifest.cannot)
  const believed = BELIEVED.filter((capability) => manifest.cannot[capability] !== undefined)
  const parts = [
    `wrapping: ${manifest.wrapping}`,
    ...(lacking.length === 0 ? [] : [`cannot: ${lacking.join(', ')}`]),
    ...(believed.length === 0 ? [] : [`${believed.length} only believed: ${believed.join(', ')}`]),
  ]
  return `${name} (${parts.join('; ')})`
}
