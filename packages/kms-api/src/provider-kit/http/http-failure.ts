import { sanitizeCause } from '../../errors/sanitize-cause.ts'

/**
 * The reason for a missing response. `timeout`: none in time. `network`: no connection, a failed TLS handshake, or a broken connection. `redirect`: the server redirects,
 * which is not followed. `too-large`: longer than the limit. `encoded`: compressed, which was not requested. `closed`: the client is closed.
 */
export type HttpFailureReason = 'timeout' | 'network' | 'redirect' | 'too-large' | 'encoded' | 'closed'

/** Reports a request without a readable response. Internal to a provider, which converts it to an error of the contract. It holds no URL, header or body. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly reason: HttpFailureReason
  /** The HTTP status, where one arrived. */
  declare readonly status?: number

  constructor(
    reason: HttpFailureReason,
    facts: { readonly status?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(`no answer: ${reason}`, facts.cause === undefined ? undefined : { cause: sanitizeCause(facts.cause) })
    this.reason = reason
    if (facts.status !== undefined) this.status = facts.status
  }
}
