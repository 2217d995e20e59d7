import type { Capability } from '../facade/capability.ts'
import type { KmsManifest } from '../facade/kms-manifest.ts'
import type { Clause } from './clause.ts'

/** Returns the first capability that a clause needs and the KMS lacks, by its manifest. */
export function lackingCapability(clause: Clause, manifest: KmsManifest): Capability | undefined {
  return clause.needs?.find((capability) => manifest.cannot[capability] !== undefined)
}
