import type { DekLimits } from '../types.ts'

/** {@link DekLimits} with the defaults filled in. */
export type Limits = Readonly<Required<{ [K in keyof DekLimits]: NonNullable<DekLimits[K]> }>>

const HOUR = 3_600_000

/** The defaults of NIST SP 800-38D's safe side: 5 million IVs, 256 GiB, an hour to refresh, two to stop. */
export function withDefaults({
  records = 5_000_000,
  bytes = 2 ** 38,
  refreshMs = HOUR,
  stopMs = 2 * HOUR,
}: DekLimits): Limits {
  return { records, bytes, refreshMs, stopMs }
}

/** What a batch, or the rest of one, needs of a DEK. */
export interface Need {
  readonly records: number
  readonly bytes: number
}
