/** Errors of these types, and those with `retriable: false`, stop a kafkajs consumer for good, in silence. */
const UNRECOVERABLE = [TypeError, RangeError, ReferenceError, SyntaxError]

/** A record could not be settled: a handler or a dead letter failed. The client tries again. */
export class SettlingError extends Error {
  override readonly name = 'SettlingError'
  readonly code = 'RECORD_NOT_SETTLED'
}

/** Returns an error that the client retries: the error itself where it is one. */
export function retriableError(error: unknown, place: string): Error {
  if (error instanceof Error && !UNRECOVERABLE.some((type) => error instanceof type)) {
    if ((error as { readonly retriable?: unknown }).retriable !== false) return error
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : typeof error
  return new SettlingError(`${place} could not be settled: ${text}`, { cause: error })
}
