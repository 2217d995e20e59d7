/** A token that a server issued, or that was configured. */
export interface TokenGrant {
  readonly token: string
  /** How long it is valid from now on, in milliseconds; `undefined`: for ever. */
  readonly ttlMs?: number | undefined
  /** Whether {@link TokenSource.renew} can prolong its life. */
  readonly renewable: boolean
}

/** Where tokens come from. */
export interface TokenSource {
  /** Logs in, or reads a configured token anew. */
  obtain(signal: AbortSignal): Promise<TokenGrant>
  /** Prolongs the life of a token. */
  renew?(token: string, signal: AbortSignal): Promise<TokenGrant>
  /** Gives back a token that {@link TokenSource.obtain} logged in for. Called when the token is not used any more. */
  revoke?(token: string): Promise<void>
}
