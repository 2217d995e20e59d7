import { z } from 'zod'

import { minimumOf, RESILIENCE_DEFAULTS, type ResilienceNumbers } from '@keyfold/kms-api/resilience'

const RATIO = 'circuitBreaker.failureRatio'

/** One number of a layer, with its default as the description that editors show. */
function numberSchema(path: string, defaultValue: number): z.ZodType<number | undefined> {
  const number = path === RATIO ? z.number().gt(0).max(1) : z.int().min(minimumOf(path))
  return number.describe(`Default ${defaultValue}.`).optional()
}

function layerSchema(layer: keyof ResilienceNumbers): z.ZodType<Record<string, number | undefined> | undefined> {
  const entries = Object.entries(RESILIENCE_DEFAULTS[layer] as object) as [string, number][]
  const numbers = entries.map(([name, value]) => [name, numberSchema(`${layer}.${name}`, value)])
  return z.strictObject(Object.fromEntries(numbers) as Record<string, z.ZodType<number | undefined>>).optional()
}

const milliseconds = z.int().min(0).optional()
const responseCache = {
  ttlMs: milliseconds,
  maxStaleMs: milliseconds,
  idleMs: milliseconds,
  maxEntries: z.int().min(1).optional(),
}

const cache = z.strictObject({
  resolveKek: z.strictObject({ ...responseCache, unknownTtlMs: milliseconds }).optional(),
  decryptEdek: z
    .strictObject({
      ...responseCache,
      invalidTtlMs: milliseconds,
      maxInvalidTtlMs: milliseconds,
      goneTtlMs: milliseconds,
      maxGoneTtlMs: milliseconds,
    })
    .optional(),
})

/** The section `kms.resilience`: the numbers of `resilientKms`. Omitted numbers have their defaults. */
export const resilienceSchema = z.strictObject({
  deadline: layerSchema('deadline'),
  bulkhead: layerSchema('bulkhead'),
  retry: layerSchema('retry'),
  circuitBreaker: layerSchema('circuitBreaker'),
  rejectedUnwraps: layerSchema('rejectedUnwraps'),
  cache: z.union([z.literal('none'), cache], { error: 'expected "none" or the limits of the cache' }).optional(),
})
