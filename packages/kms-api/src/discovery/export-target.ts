/** The subpath that makes a package a provider. */
export const SUBPATH = './kms-provider'

/**
 * Gives what a package.json's `exports` says about {@link SUBPATH}; `undefined` when it says nothing, or null. Which condition applies is Node's
 * business.
 */
export function exportTarget(exports: unknown): unknown {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return undefined
  const entries = exports as Record<string, unknown>
  const key = Object.hasOwn(entries, SUBPATH) ? SUBPATH : bestPattern(Object.keys(entries))
  return key === undefined ? undefined : (entries[key] ?? undefined)
}

/** Node takes the pattern with the longest part before the star. */
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
