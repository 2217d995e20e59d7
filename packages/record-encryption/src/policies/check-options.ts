import { formatPath } from '@keyfold/kms-api'

import type { EncryptionPolicies, RecordEncryptionOptions } from '../types.ts'
import { plainCopy } from './plain-copy.ts'
import { encryptionPoliciesSchema, recordEncryptionOptionsSchema } from './schemas.ts'

declare const checked: unique symbol

/** A frozen plain copy that was checked. Only {@link checkOptions} and {@link checkPolicies} make one, and only one is compiled. */
export type Checked<T> = T & { readonly [checked]: true }

/** Members of the options that are objects with behaviour: the caller owns them, and they are not copied. */
const REFERENCES: ReadonlySet<string> = new Set(['kms', 'logger', 'clock'])

/** Copies and checks the options of the API. @throws TypeError for the first that is wrong, naming its path. */
export function checkOptions(options: unknown): Checked<RecordEncryptionOptions> {
  return check(options, recordEncryptionOptionsSchema) as Checked<RecordEncryptionOptions>
}

/** Copies and checks policies; options with a `kms` are policies too. @throws TypeError for the first that is wrong, naming its path. */
export function checkPolicies(policies: unknown): Checked<EncryptionPolicies> {
  return check(policies, encryptionPoliciesSchema) as Checked<EncryptionPolicies>
}

/** Returns the copy rather than the output of the schema, whose objects have a prototype that may be polluted. */
function check(
  given: unknown,
  schema: typeof recordEncryptionOptionsSchema | typeof encryptionPoliciesSchema,
): unknown {
  const copy = plainCopy(given, REFERENCES)
  const result = schema.safeParse(copy)
  if (result.success) return copy
  const issue = result.error.issues[0] as (typeof result.error.issues)[number]
  const path = formatPath(issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] as string] : issue.path)
  const problem =
    issue.code === 'unrecognized_keys' ? 'expected to be absent: there is no such option' : problemOf(issue.message)
  throw new TypeError(`"${path || 'options'}" ${problem}`)
}

/** zod's own messages say what is wrong first ("Too small: expected …") and "received" for "got". */
function problemOf(message: string): string {
  return message.replace(/^[A-Z][a-z]+(?: [a-z]+)*: /, '').replace(', received ', ', got ')
}
