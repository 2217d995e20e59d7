const SECONDS = /^[0-9]{1,9}$/

/**
 * Reads a `Retry-After` header as milliseconds: seconds, or a date (RFC 9110 section 10.2.3). `undefined` for anything else.
 *
 * @param now - the wall time, for a date.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (SECONDS.test(header)) return Number(header) * 1_000
  const date = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
