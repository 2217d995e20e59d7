import { HttpFailure, parseRetryAfter } from '@keyfold/kms-api/provider-kit'

/** The parts of a vendor error that are inspected. Never its message, except for the state of a key. */
export interface ErrorFacts {
  readonly name: string
  /** Of the system or of TLS, for example `ECONNRESET`. */
  readonly code: string | undefined
  /** Of an HTTP response. */
  readonly status: number | undefined
  /** Whether AWS itself sent an error of this name, rather than the SDK or Node.js. */
  readonly fromService: boolean
  readonly retryAfterMs: number | undefined
}

/** Reads the facts of whatever was thrown. */
export function factsOf(error: unknown): ErrorFacts {
  const status =
    read(read(error, '$metadata'), 'httpStatusCode') ??
    read(read(error, '$response'), 'statusCode') ??
    read(error instanceof HttpFailure ? error : undefined, 'status')
  return {
    name: text(read(error, 'name')) ?? 'Error',
    code: text(read(error, 'code')),
    status: typeof status === 'number' ? status : undefined,
    fromService: typeof read(error, '$fault') === 'string',
    retryAfterMs: parseRetryAfter(text(read(read(read(error, '$response'), 'headers'), 'retry-after')), Date.now()),
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
