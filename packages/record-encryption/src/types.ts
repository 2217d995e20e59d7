import type { Clock, Kek, Kms, Logger } from '@keyfold/kms-api'

import type { RecordError } from './errors/record-error.ts'

/** A header of a record. A null value is legal in Kafka. */
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** What record encryption needs of a record. Whatever else a record has passes through. */
export interface KafkaRecord {
  /** Never encrypted. `undefined` is the same as null. */
  readonly key?: Uint8Array | null | undefined
  /** null is a tombstone. */
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[] | undefined
  /** Needed only where a partition is bound or an `allowBefore` names one. */
  readonly partition?: number | undefined
  /** From the fetch. Needed only for `allowBefore`; compared as BigInt. */
  readonly offset?: number | bigint | string | undefined
}

/** A record that was encrypted: a shallow copy of the input with another value and other headers. Of a union, each member is one. */
export type EncryptedRecord<R extends KafkaRecord> = R extends KafkaRecord
  ? Omit<R, 'value' | 'headers' | 'keyfold'> & {
      readonly value: Uint8Array | null
      readonly headers: readonly RecordHeader[]
    }
  : never

/** What happened to a record when it was opened. */
export interface DecryptedInfo {
  /** `decrypted`; `undecrypted`: refused, and returned as it came by `onDecryptError: 'raw'` or replaced by a handler; `clear`: it was not encrypted. */
  readonly status: 'decrypted' | 'undecrypted' | 'clear'
  /** Which fields of the record were verified against its binding trailer; empty without one. */
  readonly bound: readonly string[]
}

/** A record that was opened: a shallow copy of the input with its own value and headers, and `keyfold`, which `encrypt` drops. */
export type DecryptedRecord<R extends KafkaRecord> = R extends KafkaRecord
  ? EncryptedRecord<R> & { readonly keyfold: DecryptedInfo }
  : never

/** Names topics: an exact name or a glob (`*`, `?`), or a regular expression that has to match the whole name. */
export type TopicPattern = string | { readonly regex: string } | RegExp

/** A KEK that a topic's records may have been written under: a pattern over `Kek.id`, or one id exactly. */
export type PreviousKek = string | { readonly id: string }

/** What the binding trailer covers and how strictly it is read. Design: docs/threat-model.md. */
export interface BindingOptions {
  /** Whether a trailer is written. Default true. */
  readonly write?: boolean | undefined
  /** Default `verify-if-present`; only `require` refuses records without a trailer. */
  readonly read?: 'off' | 'verify-if-present' | 'require' | undefined
  /** `ignore` skips the comparison of the key, for pipelines that re-key. It is written all the same. Default `verify`. */
  readonly key?: 'verify' | 'ignore' | undefined
  /** Binds the partition, which every record must then carry. Default false. */
  readonly partition?: boolean | undefined
  /** Names of headers that are bound. Default none. */
  readonly headers?: readonly string[] | undefined
}

/** What becomes of a record without the marker in an encrypted topic. */
export type OnPlaintext =
  'reject' | 'allow' | { readonly allowBefore: Readonly<Record<string, number | bigint | string>> }

/** Policies of a rule, or the defaults for all rules. */
export interface TopicPolicies {
  /** KEKs that the topic's records were written under before, which still open them. Default none. */
  readonly previousKeks?: readonly PreviousKek[] | undefined
  /** `rule` (default): only the rule's KEK and `previousKeks`. `boundary`: any KEK that the provider was configured for. */
  readonly trustedKeks?: 'rule' | 'boundary' | undefined
  /** What ties a record to its topic and key. */
  readonly binding?: BindingOptions | undefined
  /** Moves the headers into the encrypted part. Default false. */
  readonly encryptHeaders?: boolean | undefined
  /** Default `reject`. */
  readonly onPlaintext?: OnPlaintext | undefined
  /** What becomes of a marked record on a clear topic. Default `reject`. */
  readonly onMarked?: 'reject' | 'decrypt' | undefined
  /** Default `pass`. */
  readonly tombstones?: 'pass' | 'reject' | undefined
  /** Whether a record may be encrypted more than once. Default `reject`. */
  readonly nested?: 'reject' | 'allow' | undefined
}

/** What happens to the topics that match. The first rule that matches decides. */
export type TopicRule = TopicPolicies & {
  /** Which topics: a name, a glob (`*`, `?`), or a regular expression that has to match the whole name. */
  readonly match: TopicPattern
} & (
    | {
        /** Selector of the KEK; `$(topicName)` stands for the topic's name. */ readonly kek:
          string | ((topic: string) => string)
        readonly plaintext?: undefined
      }
    | { /** The topic is sent in clear. */ readonly plaintext: 'allow'; readonly kek?: undefined }
  )

/** How much one DEK encrypts, and for how long. */
export interface DekLimits {
  /** Records per DEK. Default 5,000,000; at most 2^32. */
  readonly records?: number | undefined
  /** Bytes per DEK. Default 2^38; at most 2^42. */
  readonly bytes?: number | undefined
  /** Age in milliseconds after which a use starts a refresh in the background. Default 1 h; at most 24 h. */
  readonly refreshMs?: number | undefined
  /** Age in milliseconds after which a DEK is not used any more. Default 2 h; at most 7 d. */
  readonly stopMs?: number | undefined
}

/** What a {@link DecryptErrorHandler} puts in the place of a record. Members that it leaves out (offset, partition, timestamp) stay those of the record. */
export type RecordReplacement<R extends KafkaRecord = KafkaRecord> = R | Partial<KafkaRecord>

/**
 * Decides about a rejected record of the type that was passed to `decrypt`. What it returns replaces the record as `{ ...record, ...replacement }`;
 * `undefined` leaves the record out; a throw rejects the call.
 */
export type DecryptErrorHandler = <R extends KafkaRecord>(
  record: R,
  error: RecordError,
) => RecordReplacement<R> | undefined | Promise<RecordReplacement<R> | undefined>

/** Policies that hold for the whole instance, as a configuration file has them. */
export interface EncryptionPolicies extends TopicPolicies {
  /** The first that matches a topic decides; a topic that none matches is refused both ways. */
  readonly topics: readonly TopicRule[]
  /** What becomes of refused records, in order, after the loop. Default `throw`. */
  readonly onDecryptError?: 'throw' | 'skip' | 'raw' | DecryptErrorHandler | undefined
  /** Whether a KEK of the rule that is gone rejects the batch (default) or is a verdict about each record. */
  readonly onKeyGone?: 'reject' | 'record' | undefined
  /** How much one DEK encrypts, and for how long. */
  readonly limits?: DekLimits | undefined
  /** Further names that the records of a topic may have been written under. Decrypting only. */
  readonly topicMapping?: Readonly<Record<string, readonly string[]>> | undefined
}

/** Everything that record encryption is made from. */
export interface RecordEncryptionOptions extends EncryptionPolicies {
  /** Stays the caller's: `close()` does not close it. */
  readonly kms: Kms
  /** `none` uses `kms` as it is. By default it is wrapped with `cachingKms`, unless it is decorated already. */
  readonly resilience?: 'none' | undefined
  /** Told of refreshes that failed and of trust that was widened. pino fits. Nothing secret is passed. */
  readonly logger?: Logger | undefined
  /** The time, for tests. */
  readonly clock?: Clock | undefined
}

/** Options of one call. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** How an instance is. */
export interface EncryptionHealth {
  readonly status: 'ok' | 'degraded' | 'down'
  /** DEKs that encrypt at present. */
  readonly encryptionDeks: number
  /** KEKs whose latest refresh failed, with the code of the error. */
  readonly failing: readonly { readonly kek: Kek; readonly code: string }[]
  /** Selectors of KEKs that could not be resolved when they were last asked for, with the code of the error. */
  readonly unresolved: readonly { readonly kekSelector: string; readonly code: string }[]
  /** Records that were opened with nothing bound to them, by topic: without a binding trailer, or under `binding.read: 'off'`. */
  readonly unbound: Readonly<Record<string, number>>
}

/** Encrypts and decrypts the values of Kafka records. */
export interface RecordEncryption {
  /**
   * Encrypts records of one topic, all or nothing. The results are shallow copies in order; the inputs are neither kept nor changed.
   *
   * Calls the KMS when the topic's DEK is missing, used up or too old.
   *
   * @throws TypeError for arguments of the wrong type, before any request.
   * @throws RecordError `RECORD_NO_RULE`, `RECORD_NESTED`, `RECORD_TOMBSTONE`, `RECORD_TOO_LARGE`, before any request.
   * @throws KmsError when the KEK cannot be resolved or no DEK be had: nothing is ever sent in clear instead.
   */
  encrypt<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<EncryptedRecord<R>[]>

  /**
   * Opens records of one topic, in order. `onDecryptError` decides about refused ones; an outage always rejects the whole call.
   *
   * Calls the KMS at most once for each distinct EDEK that is not cached, after it passed the trust checks.
   *
   * @throws RecordError for the first refused record, with `onDecryptError: 'throw'`.
   * @throws KmsError for an outage, a denial or a missing KEK of the rule.
   */
  decrypt<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<DecryptedRecord<R>[]>

  /** Resolves the KEKs of topics and makes their DEKs. @throws AggregateError of `{ topic, cause }`; what succeeded stays. */
  prewarm(topics: readonly string[], options?: CallOptions): Promise<void>

  /** Drops the encryption DEK of a topic, or of all: it is never used again, even when the KMS is down. */
  rotate(topic?: string): Promise<void>

  /** How it is, from what it knows: asks no KMS. */
  health(): EncryptionHealth

  /** Destroys the DEKs. Never closes the caller's `kms`. Idempotent; later calls reject with `ENCRYPTION_CLOSED`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
