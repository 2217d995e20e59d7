const CANONICAL_DECIMAL = /^(?:0|[1-9][0-9]{0,30})$/

/** Parses a version that is a counter; `undefined` for any other, which has no order. */
export function versionNumber(version: string | undefined): bigint | undefined {
  return version !== undefined && CANONICAL_DECIMAL.test(version) ? BigInt(version) : undefined
}

/**
 * Returns whether one version of a KEK is newer than another. Only canonical decimal numbers have an order; versions of any other form are strings of the
 * provider, and none of them is newer.
 */
export function isNewerVersion(version: string | undefined, than: string | undefined): boolean {
  const [a, b] = [versionNumber(version), versionNumber(than)]
  return a !== undefined && b !== undefined && a > b
}
