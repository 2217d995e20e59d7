/** An answer of the server. Internal: the body may hold keys and tokens. */
export interface VaultResponse {
  readonly status: number
  /** The parsed JSON; `undefined` where there is none. */
  readonly body: unknown
  readonly retryAfterMs: number | undefined
}

/** Gives a property of something that may be an object; inherited ones do not count. */
export function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

/** Gives the texts that a server put into `errors`; `undefined` when the body is no error of Vault. */
export function errorsOf(body: unknown): readonly string[] | undefined {
  const errors = property(body, 'errors')
  return Array.isArray(errors) ? errors.filter((each) => typeof each === 'string') : undefined
}
