import type { dekLimits } from '../policies/policies.ts'
import type { Resolved } from '../policies/policy.ts'

/** The limits of a DEK with the defaults filled in: the safe side of NIST SP 800-38D. */
export type Limits = Resolved<typeof dekLimits>

/** The records and bytes that a batch, or the rest of one, needs of a DEK. */
export interface Need {
  readonly records: number
  readonly bytes: number
}
