import type { KmsManifest } from '../facade/kms-manifest.ts'
import type { Clause } from './clause.ts'
import { lackingCapability } from './lacking.ts'

/** Returns the title of a clause for the report, with the operation that the KMS lacks and the reason. */
export function clauseTitle(clause: Clause, manifest: KmsManifest): string {
  const lacking = lackingCapability(clause, manifest)
  const note = lacking === undefined ? '' : ` [cannot ${lacking}: ${manifest.cannot[lacking] ?? ''}]`
  return `${clause.id} ${clause.title}${note}`
}
