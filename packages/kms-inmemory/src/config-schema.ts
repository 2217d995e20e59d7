import * as z from 'zod'

import { parseUuid, secretSchema } from '@keyfold/kms-api/provider-kit'

const kekSchema = z.strictObject({
  id: z
    .string()
    .refine((id) => parseUuid(id) !== undefined, { error: 'expected a UUID of 36 characters in lower case' })
    .describe('The UUID of the KEK, which its EDEKs carry.'),
  alias: z
    .string()
    .min(1)
    .refine((alias) => parseUuid(alias.toLowerCase()) === undefined, { error: 'expected a name that no UUID can be' })
    .optional()
    .describe('What a rule names the KEK by, besides its UUID.'),
  versions: z
    .array(secretSchema)
    .min(1)
    .describe('The key material, oldest first: each a secret that holds the base64 of 32 bytes. The last one wraps.'),
})

/** The configuration of the in-memory KMS. */
export const configSchema = z.strictObject({
  insecure: z
    .literal('test-only', { error: 'expected "test-only": this KMS keeps its keys in memory and protects nothing' })
    .describe('Says that no record that matters is encrypted with this.'),
  keks: z
    .array(kekSchema)
    .superRefine((keks, context) => {
      for (const name of ['id', 'alias'] as const) {
        const seen = new Set<string>()
        for (const [i, { [name]: value }] of keks.entries()) {
          if (value === undefined) continue
          if (seen.has(value))
            context.addIssue({ code: 'custom', path: [i, name], message: `expected a different ${name} for each KEK` })
          seen.add(value)
        }
      }
    })
    .describe('The KEKs.'),
})

/** The configuration of the in-memory KMS, as `configSchema` describes it. */
export type InMemoryKmsConfig = z.output<typeof configSchema>
