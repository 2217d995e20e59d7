/** The subpath that makes a package a provider. */
export const SUBPATH = './kms-provider'

/**
 * Returns the target of {@link SUBPATH} in the `exports` of a package.json; `undefined` if there is none, or null. Node.js decides which
 * condition applies.
 */
export function exportTarget(exports: unknown): unknown {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return undefined
  const entries = exports as Record<string, unknown>
  const key = Object.hasOwn(entries, SUBPATH) ? SUBPATH : bestPattern(Object.keys(entries))
  return key === undefined ? undefined : (entries[key] ?? undefined)
}

/** Returns the pattern with the longest part before the star, as Node.js does. */
function bestPattern(keys: readonly string[]): string | undefined {
  return keys.filter(matches).sort((a, b) => b.indexOf('*') - a.indexOf('*') || b.length - a.length)[0]
}

function matches(key: string): boolean {
  const star = key.indexOf('*')
  if (star < 0 || star !== key.lastIndexOf('*')) return false
  return (
    SUBPATH.length >= key.length &&
    SUBPATH.startsWith(key.slice(0, star)) &&
    SUBPATH.endsWith(key.slice(star + 1)) &&
    key.startsWith('./')
  )
}
