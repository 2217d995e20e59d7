import type { Kek } from '../contract/kek.ts'
import { brand, isBranded } from './brand.ts'
import type { KmsErrorCode } from './codes.ts'
import { printableDetails } from './printable-details.ts'

const MARK = '@keyfold/kms-api/KmsError'

/** What a provider was doing when it failed. */
export type KmsOperation =
  'create' | 'resolveKek' | 'generateDekPair' | 'decryptEdek' | 'kekOf' | 'health' | 'close' | 'admin'

/**
 * What is known about a failure. Never a token, a key, an EDEK or a response body, `cause` included. The message is composed from it in one place
 * (describe-failure.ts), so that a provider only fills in what it knows.
 */
export interface KmsErrorDetails {
  /** The provider's short name. */
  readonly provider: string
  readonly operation: KmsOperation
  readonly kek?: Kek | undefined
  /** The selector that is being resolved. */
  readonly kekSelector?: string | undefined
  /** The address or endpoint that the request went to: a URL, a host, or what stands for one. Credentials and queries are removed. */
  readonly endpoint?: string | undefined
  /**
   * One identifier that tells this failure from others of its class: a vendor's error name (`KMSInvalidStateException`, `CKR_PIN_LOCKED`) or the code
   * of the cause (`ECONNREFUSED`). Anything that does not look like an identifier is dropped. By default the `code` of `cause`.
   */
  readonly reason?: string | undefined
  /** The permission that a denied principal lacks, in the vendor's words: `kms:Decrypt`, `update on transit/decrypt/KEK-x`. */
  readonly permission?: string | undefined
  /** What to do about it, as one clause of the provider's own: `run: aws sso login --profile p`. */
  readonly hint?: string | undefined
  /** The HTTP status of the response. */
  readonly status?: number | undefined
  /** How long the KMS asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** An error that holds no secret: vendors' errors often do, and have to be stripped first. */
  readonly cause?: Error | undefined
}

/** The base of all errors of a KMS. Tell them apart by `code`, or with {@link isKmsError}: `instanceof` fails between two installed copies. */
export abstract class KmsError extends Error {
  /** Stable between major versions. */
  readonly code: KmsErrorCode
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean
  readonly provider: string
  readonly operation: KmsOperation
  // "declare": what is not known is absent, not undefined, so that it is not printed.
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

/** Says whether `error` is a {@link KmsError}, of this copy of the package or another, and of `code` where one is given. */
export function isKmsError(error: unknown, code?: KmsErrorCode): error is KmsError {
  return isBranded(error, MARK) && (code === undefined || (error as KmsError).code === code)
}
