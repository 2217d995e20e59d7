import type { KmsConfig, KmsContext } from '@keyfold/kms-api'

/**
 * Something that happens to the KMS until {@link Situation.end}. With a `config`, it happens to who uses that configuration (a principal
 * without permissions, the address of a closed port); without, to everybody.
 */
export interface Situation {
  readonly config?: KmsConfig | undefined
  readonly context?: Partial<KmsContext> | undefined
  end(): Promise<void>
}

/** A path to the KMS that can be interrupted while clients use it. It works until {@link Interruption.interrupt}. */
export interface Interruption extends Situation {
  /** Makes the KMS unreachable: connections break, and new ones are refused. */
  interrupt(): Promise<void>
  /** Makes the KMS reachable again, at the same address. */
  restore(): Promise<void>
}

/** Credentials that the KMS rejects. */
export interface Rejection extends Situation {
  /** The wrong credentials, which may appear nowhere. */
  readonly canaries: readonly (string | Uint8Array)[]
  /**
   * Returns how many logins the KMS has rejected. Left out where there is no login, because each request carries its credential; then each call may send one
   * request.
   */
  attempts?(): number
}
