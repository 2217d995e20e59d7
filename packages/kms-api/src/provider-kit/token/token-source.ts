/** A token that a server issued, or that was configured. */
export interface TokenGrant {
  readonly token: string
  /** The remaining lifetime in milliseconds; `undefined` if it does not expire. */
  readonly ttlMs?: number | undefined
  /** Whether {@link TokenSource.renew} can prolong its life. */
  readonly renewable: boolean
}

/** The source of tokens. */
export interface TokenSource {
  /** Logs in, or reads a configured token anew. */
  obtain(signal: AbortSignal): Promise<TokenGrant>
  /** Prolongs the life of a token. */
  renew?(token: string, signal: AbortSignal): Promise<TokenGrant>
  /** Revokes a token that {@link TokenSource.obtain} obtained by a login. Called when the token is no longer used. */
  revoke?(token: string): Promise<void>
}
