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

/** Configures the fields that the binding trailer covers and how strictly it is verified. See docs/threat-model.md. */
export type BindingOptions = PoliciesOf<typeof bindingPolicies>

/** Policies of a rule, or the defaults for all rules. */
export type TopicPolicies = PoliciesOf<typeof topicPolicies>

/** Policies of the whole instance, allowed only beside `topics`. */
export type InstancePolicies = PoliciesOf<typeof instancePolicies>

/** Limits of one DEK: how much it encrypts, and for how long. */
export type DekLimits = PoliciesOf<typeof dekLimits>

/** Configures the topics that match. The first rule that matches decides. */
export type TopicRule = TopicPolicies & {
  /** The topics: a name, a glob (`*`, `?`), or a regular expression that must match the whole name. */
  readonly match: TopicPattern
} & (
    | {
        /** Selector of the KEK; `$(topicName)` stands for the topic's name. */ readonly kek:
          string | ((topic: string) => string)
        readonly plaintext?: undefined
      }
    | { /** The topic is sent in clear. */ readonly plaintext: 'allow'; readonly kek?: undefined }
  )

/** Policies of the whole instance, in the form of a configuration file. */
export interface EncryptionPolicies extends TopicPolicies, InstancePolicies {
  /** The first rule that matches a topic decides. A topic that no rule matches is rejected, when encrypting and when decrypting. */
  readonly topics: readonly TopicRule[]
}

/** Numbers of the layers in front of the KMS, and of its cache. Omitted numbers have their defaults. */
export type ResilienceOptions = Omit<ResilientKmsOptions, 'closeInner' | 'logger' | 'clock'>

/** Options of `createRecordEncryption`. */
export interface RecordEncryptionOptions extends EncryptionPolicies {
  /** Owned by the caller: `close()` does not close it. */
  readonly kms: Kms
  /**
   * `none` uses `kms` as it is. By default it is wrapped with `resilientKms` of `@keyfold/kms-api/resilience`, with these numbers, unless it is decorated
   * already.
   */
  readonly resilience?: 'none' | ResilienceOptions | undefined
  /** Receives failed refreshes, rejected records and widened trust; pino satisfies it. Nothing secret is passed. */
  readonly logger?: Logger | undefined
  /** The time, for tests. */
  readonly clock?: Clock | undefined
}

/** Options of one call. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** The state of an instance. */
export interface EncryptionHealth {
  readonly status: 'ok' | 'degraded' | 'down'
  /** The number of DEKs that currently encrypt. */
  readonly encryptionDeks: number
  /** KEKs whose latest refresh failed, with the code of the error. */
  readonly failing: readonly { readonly kek: Kek; readonly code: string }[]
  /** Selectors of KEKs that could not be resolved at the last request, with the code of the error. */
  readonly unresolved: readonly { readonly kekSelector: string; readonly code: string }[]
  /** Records that were decrypted with nothing bound to them, by topic: without a binding trailer, or under `binding.read: 'off'`. */
  readonly unbound: Readonly<Record<string, number>>
  /** Records that `decrypt` rejected since the start, by topic and code, whatever `onDecryptError` does with them. Holds the 1,000 latest topics. */
  readonly rejected: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly decrypting: {
    /**
     * KEKs that a rule names exactly and of which no EDEK was unwrapped since a failure: the code of the latest failure, and for how many milliseconds.
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
   * @throws KmsError when the KEK cannot be resolved or no DEK can be obtained; nothing is ever sent in clear instead.
   */
  encrypt<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<EncryptedRecord<R>[]>

  /**
   * Decrypts records of one topic, in order. `onDecryptError` decides about rejected records; an outage always rejects the whole call.
   *
   * Calls the KMS at most once for each distinct EDEK that is not cached, after it passed the trust checks.
   *
   * @throws RecordError for the first rejected record, with `onDecryptError: 'throw'`.
   * @throws KmsError for an outage, a denial or a missing KEK of the rule.
   */
  decrypt<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<DecryptedRecord<R>[]>

  /** Resolves the KEKs of topics and creates their DEKs. @throws AggregateError of `{ topic, cause }`; what succeeded stays. */
  prewarm(topics: readonly string[], options?: CallOptions): Promise<void>

  /** Drops the encryption DEK of a topic, or of all: it is never used again, even when the KMS is down. */
  rotate(topic?: string): Promise<void>

  /**
   * Forgets a KEK: its encryption DEKs are never used again, and everything cached for it, rejections included, is requested anew. For a leaked DEK
   * or KEK version, together with `distrust`.
   */
  evict(kek: Pick<Kek, 'provider' | 'id'>): Promise<void>

  /** Returns the state of the instance. Sends no request to the KMS. */
  health(): EncryptionHealth

  /** Destroys the DEKs. Never closes the caller's `kms`. Idempotent; later calls reject with `ENCRYPTION_CLOSED`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
