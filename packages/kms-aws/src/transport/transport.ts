import type { Agents } from './create-agents.ts'
import { originOf, type HttpHandler, type HttpRequest, type HttpResponse } from './http.ts'
import { InsecureEndpoint } from './insecure-endpoint.ts'
import type { Sdk } from './load-sdk.ts'
import { readResponse } from './read-response.ts'
import { SILENT } from './silent.ts'

/** Says whether a request may go to an endpoint. */
export type AcceptEndpoint = (protocol: string, hostname: string) => boolean

/** The last request of a credential source: the SDK drops most of it from its errors. */
export interface RequestTrace {
  endpoint?: string | undefined
  status?: number | undefined
  retryAfter?: string | undefined
  /** The error's name in the response's header, as AWS sends it. */
  errorType?: string | undefined
  /** What was thrown instead of a response. */
  error?: unknown
}

/** The connections of one client. Every request of the provider, also those of the SDK's credential sources, goes through it. */
export class Transport {
  readonly #agents: Agents
  readonly #inner: HttpHandler
  readonly #closing = new AbortController()

  constructor(sdk: Sdk, agents: Agents) {
    const pair = { httpAgent: agents.httpAgent, httpsAgent: agents.httpsAgent }
    const { config } = new sdk.KMSClient({ region: 'us-east-1', requestHandler: { ...pair, logger: SILENT } })
    this.#inner = config.requestHandler as unknown as HttpHandler
    this.#agents = agents
  }

  /** Creates the handler of the KMS client. Its responses are read, and its endpoint is checked, by `guardCommand`. */
  kmsHandler(): HttpHandler {
    return this.#handler((request, options) => this.#send(request, options?.abortSignal))
  }

  /**
   * Creates the handler of a credential source: each request has a deadline, goes to an accepted endpoint only, and its response is read to the end.
   *
   * @param trace - receives what is known of the last request.
   */
  sourceHandler(timeoutMs: number, accept: AcceptEndpoint, trace: RequestTrace, signal?: AbortSignal): HttpHandler {
    return this.#handler(async (request, options) => {
      const endpoint = originOf(request)
      Object.assign(trace, {
        endpoint,
        status: undefined,
        retryAfter: undefined,
        errorType: undefined,
        error: undefined,
      })
      const given = [signal, options?.abortSignal].filter((each) => each !== undefined)
      const ending = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#closing.signal, ...given])
      try {
        if (!accept(request.protocol, request.hostname)) throw new InsecureEndpoint(endpoint)
        const output = await this.#send(request, ending)
        const { statusCode, headers } = output.response
        trace.status = statusCode
        trace.errorType = headers['x-amzn-errortype']
        trace.retryAfter = headers['retry-after']
        await readResponse(output.response, ending)
        return output
      } catch (error) {
        // The SDK's own error of an abort does not say why.
        trace.error = ending.aborted ? ending.reason : error
        throw trace.error
      }
    })
  }

  /** Closes all connections; what runs fails, and nothing can be sent afterwards. Idempotent. */
  close(): void {
    this.#closing.abort(Object.assign(new Error('the client is closed'), { code: 'ECONNABORTED' }))
    this.#agents.close()
  }

  async #send(request: HttpRequest, signal?: AbortSignal): Promise<{ response: HttpResponse }> {
    this.#closing.signal.throwIfAborted()
    return await this.#inner.handle(request, { abortSignal: signal })
  }

  #handler(handle: HttpHandler['handle']): HttpHandler {
    return {
      metadata: { handlerProtocol: 'http/1.1' },
      handle,
      // The SDK offers a logger and timeouts: both are settled.
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
      destroy: () => undefined,
    }
  }
}
