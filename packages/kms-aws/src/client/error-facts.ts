const SECONDS = /^[0-9]{1,6}$/

/** What of a vendor's error is looked at. Never its message, but for the state of a key. */
export interface ErrorFacts {
  readonly name: string
  /** Of the system or of TLS, for example `ECONNRESET`. */
  readonly code: string | undefined
  /** Of an HTTP answer. */
  readonly status: number | undefined
  /** Whether AWS itself answered with an error of this name, rather than the SDK or Node. */
  readonly fromService: boolean
  readonly retryAfterMs: number | undefined
}

/** Reads the facts of whatever was thrown. */
export function factsOf(error: unknown): ErrorFacts {
  const status = read(read(error, '$metadata'), 'httpStatusCode') ?? read(read(error, '$response'), 'statusCode')
  return {
    name: text(read(error, 'name')) ?? 'Error',
    code: text(read(error, 'code')),
    status: typeof status === 'number' ? status : undefined,
    fromService: typeof read(error, '$fault') === 'string',
    retryAfterMs: retryAfterMs(read(read(read(error, '$response'), 'headers'), 'retry-after')),
  }
}

/** Reads `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3). */
function retryAfterMs(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined
  if (SECONDS.test(header)) return Number(header) * 1_000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now())
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
