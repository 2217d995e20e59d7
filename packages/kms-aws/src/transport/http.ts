/** The part of the SDK's HTTP request that is inspected here. */
export interface HttpRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
}

/** The part of the SDK's HTTP response that is inspected here. */
export interface HttpResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** A stream; once read, bytes. */
  body?: unknown
}

/** What an SDK client sends its requests with. */
export interface HttpHandler {
  readonly metadata: { readonly handlerProtocol: string }
  handle(
    request: HttpRequest,
    options?: { readonly abortSignal?: AbortSignal | undefined },
  ): Promise<{ response: HttpResponse }>
  updateHttpClientConfig(): void
  httpHandlerConfigs(): object
  destroy(): void
}

/** Returns the origin of a request, as it is written in a message. */
export function originOf({ protocol, hostname, port }: HttpRequest): string {
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
}
