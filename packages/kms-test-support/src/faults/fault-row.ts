import type { KmsErrorCode } from '@keyfold/kms-api'

import type { ProxySecurity } from './fault-proxy.ts'
import type { Fault } from './fault.ts'

/** What has to come of a fault. Retrying follows from the class: a code is always retryable, or never. */
export interface FaultOutcome {
  /** The codes that are right; the first is the best. Empty when the call has to succeed. */
  readonly codes: readonly KmsErrorCode[]
  /** Whether the caller may try again. */
  readonly retry: 'yes' | 'no' | 'either'
  /** Whether the call may also succeed. */
  readonly maySucceed?: boolean | undefined
}

/** One line of the fault table: what goes wrong, and what the caller is told. */
export interface FaultRow {
  /** For example `F01`. Ids are never given to another fault. */
  readonly id: string
  readonly title: string
  /** What happens to every request after the client is made. */
  readonly fault: Fault
  /** Default `none`. With anything else, the fault is the certificate, and is there from the start. */
  readonly security?: ProxySecurity | undefined
  /** The KMS goes away after the client is made: nobody listens any more. */
  readonly gone?: boolean | undefined
  /** The fault ends after the calls, and the same client must then succeed with the same calls. */
  readonly recovers?: true | undefined
  readonly expected: FaultOutcome
  /** Expected of `retryAfterMs`, where the answer says it: from, to. */
  readonly retryAfterMs?: readonly [number, number] | undefined
}
