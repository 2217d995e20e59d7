import { z } from 'zod'

import { NotPlainError } from './not-plain-error.ts'
import { plainCopy } from './plain-copy.ts'
import { instancePolicies, topicPolicies } from './policies.ts'
import type { FilePoliciesOf, PoliciesOf, PolicyGroup, PolicyTable } from './policy.ts'
import { resolvePolicies } from './resolve-policies.ts'
import { aFunction, apiTopicPattern, topicPattern } from './values.ts'

const ONE_OF = 'expected either "kek" or "plaintext: allow"'

/** A rule has either a KEK or `plaintext: 'allow'`. Members of a polluted prototype do not count. */
const eitherOr = (rule: object): boolean => has(rule, 'kek') !== has(rule, 'plaintext')
const has = (rule: object, name: string): boolean =>
  Object.hasOwn(rule, name) && (rule as Record<string, unknown>)[name] !== undefined

/** The schemas of a table, all optional. */
function shapeOf(table: PolicyTable, form: 'file' | 'api'): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(table).map(([name, policy]) => {
      const schema = policy.kind === 'group' ? groupSchema(policy, form) : (policy[form] as z.ZodType)
      return [name, schema.optional()]
    }),
  )
}

function groupSchema({ members, check }: PolicyGroup<PolicyTable>, form: 'file' | 'api'): z.ZodType {
  const schema = z.strictObject(shapeOf(members, form))
  if (check === undefined) return schema
  return schema.refine((given) => check.isMet(resolvePolicies(members, given as PoliciesOf<PolicyTable>)), {
    error: check.error,
  })
}

const template = z.string().min(1, 'expected the selector of a KEK, got an empty string')
const plaintext = z.literal('allow')

/** The rules and policies in one form. */
function policiesOf(form: 'file' | 'api', match: z.ZodType, kek: z.ZodType): Record<string, z.ZodType> {
  const policies = shapeOf(topicPolicies, form)
  const rule = z
    .strictObject({ match, kek: kek.optional(), plaintext: plaintext.optional(), ...policies })
    .refine(eitherOr, { error: ONE_OF })
  return {
    topics: z.array(rule).min(1, 'expected at least one rule'),
    ...policies,
    ...shapeOf(instancePolicies, form),
  }
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

/** A rule in a configuration file. */
export type RuleConfig = FilePoliciesOf<typeof topicPolicies> & {
  readonly match: string | { readonly regex: string }
  readonly kek?: string | undefined
  readonly plaintext?: 'allow' | undefined
}

/** The type that {@link encryptionConfigSchema} accepts. */
export type EncryptionConfig = FilePoliciesOf<typeof topicPolicies> &
  FilePoliciesOf<typeof instancePolicies> & { readonly topics: readonly RuleConfig[] }

/** The section `encryption` of a configuration file: data only. Satisfies Standard Schema and Standard JSON Schema. */
export const encryptionConfigSchema: z.ZodType<EncryptionConfig> = z.preprocess(
  readOnce,
  z.strictObject(policiesOf('file', topicPattern, template)),
) as unknown as z.ZodType<EncryptionConfig>

const method = (names: readonly string[]) => (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')

const kekOption = z.union([template, aFunction], {
  error: 'expected the selector of a KEK or a function of the topic',
})

/** The schema of `createRecordEncryption`, which also accepts functions, regular expressions and objects. */
export const recordEncryptionOptionsSchema = z.strictObject({
  ...policiesOf('api', apiTopicPattern, kekOption),
  kms: z.custom<object>(method(['resolveKek', 'generateDekPair', 'decryptEdek', 'kekOf']), 'expected a Kms'),
  resilience: z
    .union([z.literal('none'), z.custom<object>((value) => typeof value === 'object' && value !== null)], {
      error: 'expected "none" or the numbers of resilientKms',
    })
    .optional(),
  logger: z
    .custom<object>(method(['debug', 'info', 'warn', 'error']), 'expected a logger with debug, info, warn and error')
    .optional(),
  clock: z.custom<object>(method(['now', 'monotonic']), 'expected a clock with now and monotonic').optional(),
})

/** The schema of `describeTopic`: options without `kms`. */
export const encryptionPoliciesSchema = recordEncryptionOptionsSchema.partial({ kms: true })
