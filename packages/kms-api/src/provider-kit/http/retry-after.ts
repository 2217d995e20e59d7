/** No server means longer than this; more is a mistake, or an attempt to stop a client for good. */
const MAX_MS = 60 * 60 * 1_000

/** The three forms of a date that RFC 9110 section 5.6.7 wants read; all of them are in GMT. */
const DATES = [
  /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/,
  /^[A-Z][a-z]{5,8}, [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}$/,
]

/**
 * Reads a `Retry-After` header as milliseconds, at most one hour: seconds, or a date. Returns `undefined` for anything else.
 *
 * @param now - the wall time, for a date.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 | RFC 9110 section 10.2.3}
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^[0-9]{1,32}$/.test(header)) return Math.min(MAX_MS, Number(header) * 1_000)
  if (!DATES.some((form) => form.test(header))) return undefined
  const date = Date.parse(header.endsWith('GMT') ? header : `${header} GMT`)
  return Number.isNaN(date) ? undefined : Math.min(MAX_MS, Math.max(0, date - now))
}
