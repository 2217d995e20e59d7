import { z } from 'zod'

/** Names topics: an exact name or a glob (`*`, `?`), or a regular expression that has to match the whole name. */
export type TopicPattern = string | { readonly regex: string } | RegExp

/** A KEK that a topic's records may have been written under: a pattern over `Kek.id`, or one id exactly. */
export type PreviousKek = string | { readonly id: string }

/** The policy for a record without the marker in an encrypted topic. */
export type OnPlaintext = OnPlaintextIn<number | bigint | string>
/** The same in a file, which has no bigint. */
export type OnPlaintextIn<O> = 'reject' | 'allow' | { readonly allowBefore: Readonly<Record<string, O>> }

const glob = z.string().min(1, 'expected a name or a glob, got an empty string')

/** `match` of a rule, in a file. */
export const topicPattern = z.union([glob, z.strictObject({ regex: z.string().min(1) })], {
  error: 'expected the name of a topic, a glob, or { regex: "…" }',
})

/** `match` of a rule, in code. */
export const apiTopicPattern = z.union([topicPattern, z.instanceof(RegExp)], {
  error: 'expected the name of a topic, a glob, { regex: "…" } or a RegExp',
})

/** `previousKeks`. */
export const previousKeks: z.ZodType<readonly PreviousKek[]> = z.array(
  z.union([glob, z.strictObject({ id: z.string().min(1) })], {
    error: 'expected a glob over the ids of KEKs, or { id: "…" }',
  }),
)

/** `binding.headers`. */
export const headerNames: z.ZodType<readonly string[]> = z.array(z.string().min(1)).max(16)

/** `topicMapping`: the further names of a topic. */
export const topicMapping: z.ZodType<Readonly<Record<string, readonly string[]>>> = z.record(
  z.string().min(1),
  z.array(z.string().min(1)),
)

/** `encryptionContext`: templates of the values by name. `encodeEncryptionContext` enforces the limits of a KMS. */
export const contextTemplates: z.ZodType<Readonly<Record<string, string>>> = z
  .record(z.string().min(1), z.string())
  .refine((templates) => Object.keys(templates).length <= 16, 'expected at most 16 names')

/** An EDEK, or a KEK or one version of it, that is no longer trusted because its key leaked. */
export type Distrusted =
  | { /** SHA-256 of the EDEK's bytes, 64 lower-case hexadecimal digits. */ readonly edekSha256: string }
  | {
      /** As in `Kek.id`. */ readonly kekId: string
      /** As in `Kek.version`; all versions without it. */ readonly version?: string | undefined
    }

/** `distrust`. */
export const distrusted: z.ZodType<readonly Distrusted[]> = z.array(
  z.union(
    [
      z.strictObject({ edekSha256: z.string().regex(/^[0-9a-f]{64}$/) }),
      z.strictObject({ kekId: z.string().min(1), version: z.string().min(1).optional() }),
    ],
    { error: 'expected { edekSha256: "<64 hexadecimal digits>" } or { kekId: "…", version: "…" }' },
  ),
)

/** An offset in `allowBefore`. */
export const offset: z.ZodType<number | string> = z.union(
  [z.int().min(0), z.string().regex(/^(?:0|[1-9][0-9]*)$/, 'expected an offset as a decimal number')],
  {
    error: 'expected an offset: a whole number, or a decimal string',
  },
)

/** The policy `onPlaintext`, whose offsets are numbers or strings in a file, and also bigints in the API. */
export function onPlaintext<O>(offsets: z.ZodType<O>): z.ZodType<OnPlaintextIn<O>> {
  const allowBefore = z.record(z.string().regex(/^(?:0|[1-9][0-9]*)$/), offsets)
  return z.union([z.enum(['reject', 'allow']), z.strictObject({ allowBefore })], {
    error: 'expected "reject", "allow", or { allowBefore: { "<partition>": <offset> } }',
  })
}

/** A function, whatever its parameters. */
export const aFunction = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'expected a function',
)
