import { systemClock } from '@keyfold/kms-api'
import { parseRetryAfter, type HttpClient } from '@keyfold/kms-api/provider-kit'

import { bodyToSend, headersToSend, responseOf, type PipelineClient } from '../transport/pipeline.ts'

/** The last request for a token: the SDK drops most of it from its errors. */
export interface IdentityTrace {
  endpoint?: string | undefined
  status?: number | undefined
  retryAfterMs?: number | undefined
  /** What was thrown instead of a response. */
  failure?: unknown
}

/**
 * Creates what `@azure/identity` sends its requests with: bounded, without redirects, and with the deadlines of the provider.
 *
 * @param trace - receives what is known of the last request.
 */
export function identityTransport(http: HttpClient, trace: () => IdentityTrace): PipelineClient {
  return {
    async sendRequest(request) {
      const url = new URL(request.url)
      const current = trace()
      Object.assign(current, { endpoint: url.origin, status: undefined, retryAfterMs: undefined, failure: undefined })
      const { abortSignal, timeout } = request
      const body = bodyToSend(request)
      try {
        const response = await http.request({
          method: request.method,
          url,
          headers: headersToSend(request),
          ...(body !== undefined && { body }),
          ...(abortSignal instanceof AbortSignal && { signal: abortSignal }),
          ...(timeout > 0 && { timeoutMs: timeout }),
        })
        current.status = response.status
        current.retryAfterMs = parseRetryAfter(response.headers['retry-after'], systemClock.now())
        return responseOf(request, response.status, response.headers, new TextDecoder().decode(response.body))
      } catch (error) {
        current.failure = error
        throw error
      }
    },
  }
}
