import type { Kek } from '../contract/kek.ts'

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
