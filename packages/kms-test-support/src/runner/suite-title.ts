import type { KmsFacade } from '../facade/kms-facade.ts'

/** Returns the title of a run, with the note of its manifest. */
export function suiteTitle({ name, manifest }: KmsFacade): string {
  const lacking = Object.keys(manifest.cannot)
  return `${name} (wrapping: ${manifest.wrapping}${lacking.length === 0 ? '' : `; cannot: ${lacking.join(', ')}`})`
}
