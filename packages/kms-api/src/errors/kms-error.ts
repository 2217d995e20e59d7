import type { Kek } from '../contract/kek.ts'
import { brand, isBranded } from './brand.ts'
import type { KmsErrorCode } from './codes.ts'
import type { KmsErrorDetails, KmsOperation } from './kms-error-details.ts'
import { printableDetails } from './printable-details.ts'

export type { KmsErrorDetails, KmsOperation } from './kms-error-details.ts'

const MARK = '@keyfold/kms-api/KmsError'

/** The base of all errors of a KMS. Distinguish them by `code`, or with {@link isKmsError}: `instanceof` fails between two installed copies. */
export abstract class KmsError extends Error {
  /** Stable between major versions. */
  readonly code: KmsErrorCode
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean
  readonly provider: string
  readonly operation: KmsOperation
  // "declare": unknown fields are absent rather than undefined, so that they are not printed.
  declare readonly kek?: Kek | undefined
  declare readonly endpoint?: string | undefined
  declare readonly reason?: string | undefined
  declare readonly permission?: string | undefined
  declare readonly status?: number | undefined
  declare readonly retryAfterMs?: number | undefined

  constructor(code: KmsErrorCode, retryable: boolean, message: string, details: KmsErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.retryable = retryable
    this.provider = details.provider
    this.operation = details.operation
    const { endpoint, reason, permission } = printableDetails(details)
    if (details.kek !== undefined) this.kek = details.kek
    if (endpoint !== undefined) this.endpoint = endpoint
    if (reason !== undefined) this.reason = reason
    if (permission !== undefined) this.permission = permission
    if (details.status !== undefined) this.status = details.status
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
  }

  static {
    brand(this.prototype, MARK)
  }
}

/** Returns whether `error` is a {@link KmsError}, of this copy of the package or another, and of `code` where one is given. */
export function isKmsError(error: unknown, code?: KmsErrorCode): error is KmsError {
  return isBranded(error, MARK) && (code === undefined || (error as KmsError).code === code)
}
