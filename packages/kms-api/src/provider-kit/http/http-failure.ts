import { sanitizeCause } from '../../errors/sanitize-cause.ts'

/**
 * Why there is no answer. `timeout`: none in time. `network`: no connection, TLS refused, or it broke. `redirect`: the server sends elsewhere,
 * where nobody follows. `too-large`: longer than the bound. `encoded`: compressed, which was not asked for. `closed`: the client is closed.
 */
export type HttpFailureReason = 'timeout' | 'network' | 'redirect' | 'too-large' | 'encoded' | 'closed'

/** A request that got no answer to read. Internal to a provider, which makes an error of the contract of it. It holds no URL, header or body. */
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
