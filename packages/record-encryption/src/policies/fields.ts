import { z } from 'zod'

/** The policies that stand on a rule, or beside the rules as their default. Data only: what YAML can hold. */

const glob = z.string().min(1, 'expected a name or a glob, got an empty string')
const count = (most: number) => z.int().min(1).max(most)
/** An offset in `allowBefore`. */
export const offset = z.union(
  [z.int().min(0), z.string().regex(/^(?:0|[1-9][0-9]*)$/, 'expected an offset as a decimal number')],
  {
    error: 'expected an offset: a whole number, or a decimal string',
  },
)

/** `match` of a rule. */
export const topicPattern = z.union([glob, z.strictObject({ regex: z.string().min(1) })], {
  error: 'expected the name of a topic, a glob, or { regex: "…" }',
})

const binding = z.strictObject({
  write: z.boolean().optional(),
  read: z.enum(['off', 'verify-if-present', 'require']).optional(),
  key: z.enum(['verify', 'ignore']).optional(),
  partition: z.boolean().optional(),
  headers: z.array(z.string().min(1)).max(16).optional(),
})

/** The policy `onPlaintext`, whose offsets a file says as numbers or strings and the API also as bigints. */
export function onPlaintext<T extends z.ZodType<string | number | bigint>>(offsets: T) {
  const allowBefore = z.record(z.string().regex(/^(?:0|[1-9][0-9]*)$/), offsets)
  return z
    .union([z.enum(['reject', 'allow']), z.strictObject({ allowBefore })], {
      error: 'expected "reject", "allow", or { allowBefore: { "<partition>": <offset> } }',
    })
    .optional()
}

/** Policies by name. */
export const policies = {
  previousKeks: z
    .array(
      z.union([glob, z.strictObject({ id: z.string().min(1) })], {
        error: 'expected a glob over the ids of KEKs, or { id: "…" }',
      }),
    )
    .optional(),
  trustedKeks: z.enum(['rule', 'boundary']).optional(),
  binding: binding.optional(),
  encryptHeaders: z.boolean().optional(),
  onPlaintext: onPlaintext(offset),
  onMarked: z.enum(['reject', 'decrypt']).optional(),
  tombstones: z.enum(['pass', 'reject']).optional(),
  nested: z.enum(['reject', 'allow']).optional(),
}

const HOUR = 3_600_000
/** The ceilings of {@link DekLimits}. */
export const limits = z
  .strictObject({
    records: count(2 ** 32).optional(),
    bytes: count(2 ** 42).optional(),
    refreshMs: count(24 * HOUR).optional(),
    stopMs: count(7 * 24 * HOUR).optional(),
  })
  .refine(({ refreshMs = HOUR, stopMs = 2 * HOUR }) => refreshMs <= stopMs, {
    error: 'expected refreshMs to be at most stopMs',
  })

/** `topicMapping`: the further names of a topic. */
export const topicMapping = z.record(z.string().min(1), z.array(z.string().min(1)))
