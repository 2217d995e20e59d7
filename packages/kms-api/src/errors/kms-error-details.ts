import type { Kek } from '../contract/kek.ts'

/** The operation that failed. */
export type KmsOperation =
  'create' | 'resolveKek' | 'generateDekPair' | 'decryptEdek' | 'kekOf' | 'health' | 'close' | 'admin'

/**
 * The known facts about a failure. Never a token, a key, an EDEK or a response body, `cause` included. The message is composed from it in one place
 * (describe-failure.ts), so a provider only fills in the facts.
 */
export interface KmsErrorDetails {
  /** The provider's short name. */
  readonly provider: string
  readonly operation: KmsOperation
  readonly kek?: Kek | undefined
  /** The selector that is being resolved. */
  readonly kekSelector?: string | undefined
  /** The address or endpoint of the request: a URL, a host or the like. Credentials and queries are removed. */
  readonly endpoint?: string | undefined
  /**
   * One identifier that distinguishes this failure from others of its class: a vendor's error name (`KMSInvalidStateException`, `CKR_PIN_LOCKED`) or the code
   * of the cause (`ECONNREFUSED`). Anything that does not look like an identifier is dropped. By default the `code` of `cause`.
   */
  readonly reason?: string | undefined
  /** The permission that a denied principal lacks, in the vendor's words: `kms:Decrypt`, `update on transit/decrypt/KEK-x`. */
  readonly permission?: string | undefined
  /** A remedy, as one clause by the provider: `run: aws sso login --profile p`. */
  readonly hint?: string | undefined
  /** The HTTP status of the response. */
  readonly status?: number | undefined
  /** The time that the KMS asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** An error without secrets. Errors of vendors often hold some and must be sanitized first. */
  readonly cause?: Error | undefined
}
