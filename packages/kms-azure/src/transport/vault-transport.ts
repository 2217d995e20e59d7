import { systemClock } from '@keyfold/kms-api'
import { parseRetryAfter, type HttpClient, type HttpResponse } from '@keyfold/kms-api/provider-kit'

import { readChallenge } from './challenge.ts'
import { BodyFailure, ChallengeFailure, StatusFailure, type StatusFacts } from './failures.ts'
import {
  bodyToSend,
  headersToSend,
  responseOf,
  type PipelineClient,
  type PipelineRequest,
  type PipelineResponse,
} from './pipeline.ts'

/** What became known of a call while the SDK made it. */
export interface Trace {
  /** Whether the last request carried a token. */
  authorised?: boolean | undefined
  status?: number | undefined
}

/** Where a transport sends requests. */
export interface VaultTransportOptions {
  readonly http: HttpClient
  /** The origin that the SDK uses, under Azure's own domain, so that its check of challenges holds. */
  readonly sdkOrigin: string
  /** The origin that requests are sent to: the same, or a private name of it. */
  readonly origin: string
  /** The resource that challenges must name. */
  readonly resource: string
}

const CODE = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Sends the SDK's requests over the HTTP client of the kit: bounded, without redirects, to one origin only.
 *
 * A request without a token never carries a body, because that would be a DEK. After the first challenge, it is not even sent: the SDK receives that
 * challenge again.
 */
export class VaultTransport implements PipelineClient {
  readonly #options: VaultTransportOptions
  readonly #traces = new WeakMap<object, Trace>()
  #challenge: string | undefined

  constructor(options: VaultTransportOptions) {
    this.#options = options
  }

  /** Records what happens to requests with this signal. */
  trace(signal: AbortSignal): Trace {
    const trace: Trace = {}
    this.#traces.set(signal, trace)
    return trace
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    const authorised = request.headers.has('authorization')
    if (!authorised && this.#challenge !== undefined) return challenged(request, this.#challenge)
    const trace = request.abortSignal === undefined ? undefined : this.#traces.get(request.abortSignal)
    if (trace !== undefined) Object.assign(trace, { authorised, status: undefined })
    const response = await this.#send(request, authorised)
    if (trace !== undefined) trace.status = response.status
    if (response.status === 401) return this.#handleChallenge(request, response, authorised)
    if (response.status >= 300) throw new StatusFailure(factsOf(response))
    // Only a challenge shows who is responding.
    if (!authorised) throw new BodyFailure('a challenge to a request without a token')
    if (response.status === 204 && request.method === 'DELETE') return responseOf(request, 204, {}, '')
    if (response.status !== 200) throw new BodyFailure('a response with status 200')
    return responseOf(request, 200, { 'content-type': 'application/json' }, jsonObjectIn(response.body))
  }

  async #send(request: PipelineRequest, authorised: boolean): Promise<HttpResponse> {
    const { http, sdkOrigin, origin } = this.#options
    const url = new URL(request.url)
    if (url.origin !== sdkOrigin) throw new BodyFailure('a link to the same vault')
    const { abortSignal } = request
    const body = authorised ? bodyToSend(request) : undefined
    return await http.request({
      method: request.method,
      url: new URL(url.pathname + url.search, origin),
      headers: headersToSend(request),
      ...(body !== undefined && { body }),
      ...(abortSignal instanceof AbortSignal && { signal: abortSignal }),
      secretResponse: request.method === 'POST' && authorised,
    })
  }

  /** The SDK would send a token that was rejected once more, so it only sees challenges that it can meet. */
  #handleChallenge(request: PipelineRequest, response: HttpResponse, authorised: boolean): PipelineResponse {
    const header = response.headers['www-authenticate']
    const { resource, insufficientClaims } = readChallenge(header)
    if (resource !== undefined && resource !== this.#options.resource)
      throw new ChallengeFailure(this.#options.resource)
    if (authorised ? !insufficientClaims : resource === undefined) throw new StatusFailure(factsOf(response))
    if (!authorised) this.#challenge = header
    return challenged(request, header)
  }
}

function challenged(request: PipelineRequest, header: string | undefined): PipelineResponse {
  return responseOf(request, 401, { 'www-authenticate': header }, '')
}

/** Parses the body of a success, which is zeroed. */
function jsonObjectIn(bytes: Uint8Array): string {
  try {
    const text = utf8.decode(bytes)
    const json: unknown = JSON.parse(text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return text
  } catch {
    // The message of the parser quotes the body.
  } finally {
    bytes.fill(0)
  }
  throw new BodyFailure('an object in JSON')
}

function factsOf({ status, headers, body }: HttpResponse): StatusFacts {
  const retryAfterMs = retryAfterOf(headers)
  try {
    const { error } = JSON.parse(utf8.decode(body)) as { readonly error?: unknown }
    const { code, innererror } = (error ?? {}) as { readonly code?: unknown; readonly innererror?: unknown }
    const { code: innerCode } = (innererror ?? {}) as { readonly code?: unknown }
    return { status, retryAfterMs, code: codeOf(code), innerCode: codeOf(innerCode) }
  } catch {
    return { status, retryAfterMs }
  }
}

function codeOf(value: unknown): string | undefined {
  return typeof value === 'string' && CODE.test(value) ? value : undefined
}

function retryAfterOf(headers: HttpResponse['headers']): number | undefined {
  const milliseconds = headers['retry-after-ms'] ?? headers['x-ms-retry-after-ms']
  if (milliseconds !== undefined && /^[0-9]{1,7}$/.test(milliseconds)) return Number(milliseconds)
  return parseRetryAfter(headers['retry-after'], systemClock.now())
}
