import { z } from 'zod'

import { limits, offset, onPlaintext, policies, topicMapping, topicPattern } from './fields.ts'
import { NotPlainError } from './not-plain-error.ts'
import { plainCopy } from './plain-copy.ts'

const ONE_OF = 'expected either "kek" or "plaintext: allow"'

/** A rule has a KEK or says that the topic is clear; never both, never neither. What a polluted prototype adds does not count. */
const eitherOr = (rule: object): boolean => has(rule, 'kek') !== has(rule, 'plaintext')
const has = (rule: object, name: string): boolean =>
  Object.hasOwn(rule, name) && (rule as Record<string, unknown>)[name] !== undefined

const template = z.string().min(1, 'expected the selector of a KEK, got an empty string')

const rule = z
  .strictObject({
    match: topicPattern,
    kek: template.optional(),
    plaintext: z.literal('allow').optional(),
    ...policies,
  })
  .refine(eitherOr, { error: ONE_OF })

const instance = {
  ...policies,
  onKeyGone: z.enum(['reject', 'record']).optional(),
  limits: limits.optional(),
  topicMapping: topicMapping.optional(),
}

/** Reads the data once, into a plain copy, so that a member which is inherited or computed is not checked as one thing and used as another. */
function readOnce(given: unknown, context: z.RefinementCtx): unknown {
  try {
    return plainCopy(given)
  } catch (error) {
    if (!(error instanceof NotPlainError)) throw error
    context.addIssue({ code: 'custom', path: [...error.path], message: error.problem })
    return z.NEVER
  }
}

/** The section `encryption` of a configuration file: data only. Satisfies Standard Schema and Standard JSON Schema. */
export const encryptionConfigSchema = z.preprocess(
  readOnce,
  z.strictObject({
    topics: z.array(rule).min(1, 'expected at least one rule'),
    ...instance,
    onDecryptError: z.enum(['throw', 'skip', 'raw']).optional(),
  }),
)

/** What {@link encryptionConfigSchema} accepts. */
export type EncryptionConfig = z.infer<typeof encryptionConfigSchema>

const method = (names: readonly string[]) => (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
const aFunction = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'expected a function')

/** The API may also say an offset as a bigint. */
const apiPolicies = { ...policies, onPlaintext: onPlaintext(z.union([offset, z.bigint().min(0n)])) }

const apiRule = z
  .strictObject({
    ...apiPolicies,
    match: z.union([topicPattern, z.instanceof(RegExp)], {
      error: 'expected the name of a topic, a glob, { regex: "…" } or a RegExp',
    }),
    kek: z
      .union([template, aFunction], { error: 'expected the selector of a KEK or a function of the topic' })
      .optional(),
    plaintext: z.literal('allow').optional(),
  })
  .refine(eitherOr, { error: ONE_OF })

/** What `createRecordEncryption` accepts: functions, regular expressions and objects as well. */
export const recordEncryptionOptionsSchema = z.strictObject({
  ...instance,
  ...apiPolicies,
  topics: z.array(apiRule).min(1, 'expected at least one rule'),
  kms: z.custom<object>(method(['resolveKek', 'generateDekPair', 'decryptEdek', 'kekOf']), 'expected a Kms'),
  resilience: z.literal('none').optional(),
  logger: z
    .custom<object>(method(['debug', 'info', 'warn', 'error']), 'expected a logger with debug, info, warn and error')
    .optional(),
  clock: z.custom<object>(method(['now', 'monotonic']), 'expected a clock with now and monotonic').optional(),
  onDecryptError: z
    .union([z.enum(['throw', 'skip', 'raw']), aFunction], { error: 'expected "throw", "skip", "raw" or a function' })
    .optional(),
})

/** What `describeTopic` accepts: options that need no `kms`. */
export const encryptionPoliciesSchema = recordEncryptionOptionsSchema.partial({ kms: true })
