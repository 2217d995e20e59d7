import { z } from 'zod'

import type { EncryptionPolicies } from '@keyfold/record-encryption'
import { encryptionConfigSchema } from '@keyfold/record-encryption/config'

import { resilienceSchema } from './resilience-schema.ts'

/** The whole configuration file. The provider checks `kms.config`. */
export const documentSchema = z.strictObject({
  kms: z.strictObject({
    provider: z.string().min(1, 'expected the name of a provider, got an empty string'),
    config: z.record(z.string(), z.unknown()),
    resilience: resilienceSchema.optional(),
  }),
  encryption: encryptionConfigSchema,
})

/** The section `encryption`: policies as data, without functions. */
export type ConfigPolicies = Omit<EncryptionPolicies, 'onDecryptError'> & {
  readonly onDecryptError?: 'throw' | 'skip' | 'raw' | undefined
}

/** A document that {@link documentSchema} accepted. */
export interface ConfigDocument {
  readonly kms: Readonly<z.infer<typeof documentSchema>['kms']>
  readonly encryption: ConfigPolicies
}
