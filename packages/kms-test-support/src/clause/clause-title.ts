import type { KmsManifest } from '../facade/kms-manifest.ts'
import type { Clause } from './clause.ts'
import { lackingCapability } from './lacking.ts'

/** Gives the title of a clause for the report, with what the KMS cannot do and why. */
export function clauseTitle(clause: Clause, manifest: KmsManifest): string {
  const lacking = lackingCapability(clause, manifest)
  const note = lacking === undefined ? '' : ` [cannot ${lacking}: ${manifest.cannot[lacking] ?? ''}]`
  return `${clause.id} ${clause.title}${note}`
}
