import { z } from 'zod'

import type { DecryptErrorHandler } from '../records/kafka-record.ts'
import { count, flag, group, oneOf, policyOf } from './make-policy.ts'
import {
  aFunction,
  contextTemplates,
  distrusted,
  headerNames,
  offset,
  onPlaintext,
  previousKeks,
  topicMapping,
  type Distrusted,
  type OnPlaintext,
  type OnPlaintextIn,
  type PreviousKek,
} from './values.ts'

// Every policy is defined here and nowhere else: its name, its values with the default first, and its documentation above it. Types, schemas, JSON
// Schema, defaults and the tables of the documentation follow. A new policy is a new entry, the code that obeys it, and `write-policies` for the pages.

/** `binding`: what ties a record to its topic and key. */
export const bindingPolicies = {
  /** Whether a trailer is written that binds the record to its topic and key. */
  write: flag(true),
  /** How strictly the trailer is verified. Only `require` rejects records without one. */
  read: oneOf('verify-if-present', 'off', 'require'),
  /** `ignore` skips the comparison of the key, for pipelines that change keys. The key is written all the same. @see docs/guides/moving-topics.md */
  key: oneOf('verify', 'ignore'),
  /** Binds the partition too, which every record must then carry when it is encrypted. */
  partition: flag(false),
  /** Names of headers whose values are bound too, at most 16. */
  headers: policyOf<readonly string[]>({ file: headerNames, fallback: [], shown: 'none' }),
}

/** Policies of a rule, or beside `topics` the defaults for all rules. */
export const topicPolicies = {
  /** KEKs that a record may name: `rule` is the KEK of the rule and `previousKeks`; `boundary` is any KEK that the provider is configured for, and is logged at start. */
  trustedKeks: oneOf('rule', 'boundary'),
  /** Further KEKs that the topic's records may name: globs over `Kek.id`, or `{ id: "…" }` for one exactly. @see docs/guides/rotation.md */
  previousKeks: policyOf<readonly PreviousKek[]>({ file: previousKeks, fallback: [], shown: 'none' }),
  /** Accepts KEKs with a public half (RSA) where `binding.read` is `require`, although anyone with that half can create their EDEKs. Logged at start. @see docs/threat-model.md */
  acceptForgeableDeks: flag(false),
  /** Names and values that the KMS binds to each EDEK; `$(topicName)` stands for the topic. No secrets: a KMS logs them. @see docs/guides/topic-rules.md */
  encryptionContext: policyOf<Readonly<Record<string, string>>>({
    file: contextTemplates,
    fallback: {},
    shown: 'none',
  }),
  /** `if-present` also unwraps EDEKs that were made without a context, so it does not stop a principal that has such an EDEK of the KEK. Logged at start. */
  contextRead: oneOf('require', 'if-present'),
  /** What happens to a record without the marker on an encrypted topic. Offsets are those of the fetch. @see docs/guides/migration.md */
  onPlaintext: policyOf<OnPlaintext, OnPlaintextIn<number | string>>({
    file: onPlaintext(offset),
    api: onPlaintext(z.union([offset, z.bigint().min(0n)])),
    fallback: 'reject',
    shown: '`reject`, `allow`, `{ allowBefore: { "<partition>": <offset> } }`',
  }),
  /** What happens to a marked record on a clear topic. `decrypt` needs `previousKeks` or `trustedKeks: boundary` on that rule, which has no KEK of its own. */
  onMarked: oneOf('reject', 'decrypt'),
  /** Records with a null value. They are never encrypted, and any principal that can write to the topic can forge one. */
  tombstones: oneOf('pass', 'reject'),
  /** Whether a record may be encrypted more than once. With `allow`, each call adds or removes one layer. */
  nested: oneOf('reject', 'allow'),
  /** Moves the headers into the encrypted part. Readers need no setting for it. */
  encryptHeaders: flag(false),
  /** What ties a record to its topic and key, and how strictly that is verified. */
  binding: group(bindingPolicies),
}

const HOUR = 3_600_000
const hours = (ms: number): string => `${ms / HOUR} h`
const power = (value: number): string =>
  Number.isInteger(Math.log2(value)) ? `2^${Math.log2(value)}` : value.toLocaleString('en')

/** `limits`: how much one DEK encrypts, and for how long. */
export const dekLimits = {
  /** Records per DEK. */
  records: count(5_000_000, 2 ** 32, power),
  /** Bytes per DEK. */
  bytes: count(2 ** 38, 2 ** 42, power),
  /** Age in milliseconds after which a use starts a refresh in the background. */
  refreshMs: count(HOUR, 24 * HOUR, hours),
  /** Age in milliseconds after which a DEK is not used any more. */
  stopMs: count(2 * HOUR, 7 * 24 * HOUR, hours),
}

/** Policies of the whole instance, allowed only beside `topics`. */
export const instancePolicies = {
  /** What happens to rejected records, in order, after all were checked. In code also a function that replaces a record, omits it or throws. */
  onDecryptError: policyOf<'throw' | 'skip' | 'raw' | DecryptErrorHandler, 'throw' | 'skip' | 'raw'>({
    file: z.enum(['throw', 'skip', 'raw']),
    api: z.union([z.enum(['throw', 'skip', 'raw']), aFunction as unknown as z.ZodType<DecryptErrorHandler>], {
      error: 'expected "throw", "skip", "raw" or a function',
    }),
    fallback: 'throw',
    shown: '`throw`, `skip`, `raw`',
  }),
  /** Whether a KEK of the rule that is gone, disabled or denied rejects the batch, or is a rejection of each record. */
  onKeyGone: oneOf('reject', 'record'),
  /** A record of a key version that the KMS does not know. Unset, `skip` and `raw` act as `throw` for it; `record`: they handle it; `reject`: its batch is rejected. */
  onKeyAhead: policyOf<'record' | 'reject' | undefined>({
    file: z.enum(['record', 'reject']),
    fallback: undefined,
    shown: 'unset, `record`, `reject`',
  }),
  /** EDEKs by their SHA-256, and KEKs or versions of them, that nothing is decrypted or encrypted under any more. @see docs/operations.md */
  distrust: policyOf<readonly Distrusted[]>({ file: distrusted, fallback: [], shown: 'none' }),
  /** Limits of one DEK: how much it encrypts, and for how long. */
  limits: group(dekLimits, {
    isMet: ({ refreshMs, stopMs }) => refreshMs <= stopMs,
    error: 'expected refreshMs to be at most stopMs',
  }),
  /** Further names that the records of a topic may have been written under. Decrypting only. @see docs/guides/moving-topics.md */
  topicMapping: policyOf<Readonly<Record<string, readonly string[]>>>({
    file: topicMapping,
    fallback: {},
    shown: 'none',
  }),
}
