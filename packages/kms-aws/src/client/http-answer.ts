/** What the SDK's HTTP handler gives, as far as it is looked at here. */
export interface HttpResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** A stream; once read, bytes. */
  body?: unknown
}

/** What the SDK's HTTP handler takes, as far as it is looked at here. */
export interface HttpRequest {
  readonly protocol: string
  readonly hostname: string
}
