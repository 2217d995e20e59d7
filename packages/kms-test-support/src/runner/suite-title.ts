import type { KmsFacade } from '../facade/kms-facade.ts'

/** Gives the title of a run, with what its manifest says about all of it. */
export function suiteTitle({ name, manifest }: KmsFacade): string {
  const lacking = Object.keys(manifest.cannot)
  return `${name} (wrapping: ${manifest.wrapping}${lacking.length === 0 ? '' : `; cannot: ${lacking.join(', ')}`})`
}
