import type { Kek } from '@keyfold/kms-api'

import type { Capability } from './capability.ts'

/**
 * What the KMS behind a provider is like, and what it cannot do. Shown in the report. A clause about something that the KMS cannot do is
 * not skipped: it checks what the inability implies, so that a declaration that is wrong fails.
 */
export interface KmsManifest {
  /** What an EDEK of this KMS proves. With `public-key`, the facade has to show that a forged EDEK unwraps. */
  readonly wrapping: Kek['wrapping']
  /** By capability, the reason why the KMS lacks it. */
  readonly cannot: Readonly<Partial<Record<Capability, string>>>
}
