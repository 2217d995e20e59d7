import type { FaultFacade } from './fault-facade.ts'
import type { FaultRow } from './fault-row.ts'

/** Returns the title of a row for the report, with the expected outcome, and the reason if it differs from the table. */
export function faultTitle(row: FaultRow, facade: FaultFacade): string {
  const override = facade.overrides[row.id]
  const { codes, retry, maySucceed = false } = { maySucceed: undefined, ...(override ?? row.expected) }
  const outcomes = [...(maySucceed ? ['success'] : []), ...codes].join(' or ')
  const retrying = codes.length === 0 || retry === 'either' ? '' : `, retry: ${retry}`
  return `${row.id} ${row.title} → ${outcomes}${retrying}${override === undefined ? '' : ` [otherwise than the table: ${override.reason}]`}`
}
