import type { Clock, Kek, Kms, Logger } from '@keyfold/kms-api'
import type { ResilientKmsOptions } from '@keyfold/kms-api/resilience'

import type { bindingPolicies, dekLimits, instancePolicies, topicPolicies } from './policies/policies.ts'
import type { PoliciesOf } from './policies/policy.ts'
import type { TopicPattern } from './policies/values.ts'
import type { DecryptedRecord, EncryptedRecord, KafkaRecord } from './records/kafka-record.ts'

export type { OnPlaintext, PreviousKek, TopicPattern } from './policies/values.ts'
export type {
  DecryptedInfo,
  DecryptedRecord,
  DecryptErrorHandler,
  EncryptedRecord,
  KafkaRecord,
  RecordHeader,
  RecordReplacement,
} from './records/kafka-record.ts'

/** What the binding trailer covers and how strictly it is read. Design: docs/threat-model.md. */
export type BindingOptions = PoliciesOf<typeof bindingPolicies>

/** Policies of a rule, or the defaults for all rules. */
export type TopicPolicies = PoliciesOf<typeof topicPolicies>

/** Policies of the whole instance, which stand beside `topics` only. */
export type InstancePolicies = PoliciesOf<typeof instancePolicies>

/** How much one DEK encrypts, and for how long. */
export type DekLimits = PoliciesOf<typeof dekLimits>

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

/** Policies that hold for the whole instance, as a configuration file has them. */
export interface EncryptionPolicies extends TopicPolicies, InstancePolicies {
  /** The first that matches a topic decides; a topic that none matches is rejected both ways. */
  readonly topics: readonly TopicRule[]
}

/** Numbers of the layers in front of the KMS, and of its cache. Those that are left out have their defaults. */
export type ResilienceOptions = Omit<ResilientKmsOptions, 'closeInner' | 'logger' | 'clock'>

/** Everything that record encryption is made from. */
export interface RecordEncryptionOptions extends EncryptionPolicies {
  /** Stays the caller's: `close()` does not close it. */
  readonly kms: Kms
  /**
   * `none` uses `kms` as it is. By default it is wrapped with `resilientKms` of `@keyfold/kms-api/resilience`, with these numbers, unless it is decorated
   * already.
   */
  readonly resilience?: 'none' | ResilienceOptions | undefined
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
  /** Records that `decrypt` rejected since the start, by topic and code, whatever `onDecryptError` made of them. The 1,000 latest topics. */
  readonly rejected: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly decrypting: {
    /**
     * KEKs, of those that a rule names exactly, no EDEK of which was unwrapped since a failure: the code of the latest, and for how many milliseconds.
     */
    readonly failing: readonly { readonly kek: Kek; readonly code: string; readonly sinceMs: number }[]
  }
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

  /**
   * Forgets a KEK: its encryption DEKs are never used again, and everything that is cached of it, rejections included, is requested anew. For a leaked DEK
   * or KEK version, together with `distrust`.
   */
  evict(kek: Pick<Kek, 'provider' | 'id'>): Promise<void>

  /** How it is, from what it knows: asks no KMS. */
  health(): EncryptionHealth

  /** Destroys the DEKs. Never closes the caller's `kms`. Idempotent; later calls reject with `ENCRYPTION_CLOSED`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
