/** An access token of Microsoft Entra ID. */
export interface AccessToken {
  readonly token: string
  /** In milliseconds since the epoch. */
  readonly expiresOnTimestamp: number
  readonly refreshAfterTimestamp?: number | undefined
}

/** What a token is requested for. */
export interface GetTokenOptions {
  readonly abortSignal?: unknown
  readonly tenantId?: string | undefined
  readonly claims?: string | undefined
  readonly enableCae?: boolean | undefined
}

/** A `TokenCredential` of `@azure/identity`, or any object that behaves like one. */
export interface AzureTokenCredential {
  getToken(scopes: string | string[], options?: never): Promise<AccessToken | null>
}
