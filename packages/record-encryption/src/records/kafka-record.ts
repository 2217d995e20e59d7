import type { RecordError } from '../errors/record-error.ts'

/** A header of a record. A null value is legal in Kafka. */
export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** The members of a record that record encryption uses. All others pass through. */
export interface KafkaRecord {
  /** Never encrypted. `undefined` is the same as null. */
  readonly key?: Uint8Array | null | undefined
  /** `null` is a tombstone. */
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[] | undefined
  /** Required only if a partition is bound or `allowBefore` names one. */
  readonly partition?: number | undefined
  /** The offset of the fetch. Required only for `allowBefore`; compared as BigInt. */
  readonly offset?: number | bigint | string | undefined
}

/** A record that was encrypted: a shallow copy of the input with another value and other headers. Of a union, each member is one. */
export type EncryptedRecord<R extends KafkaRecord> =
  KindOf<R> extends infer K extends KafkaRecord ? (K extends KafkaRecord ? Encrypted<K> : never) : never

type Encrypted<R extends KafkaRecord> = Omit<R, 'value' | 'headers' | 'keyfold'> & {
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

/** An empty array has elements of type `never`: they count as any record, so that `value` and `headers` stay known. */
type KindOf<R extends KafkaRecord> = [R] extends [never] ? KafkaRecord : R

/** The result of decrypting a record. */
export interface DecryptedInfo {
  /** `decrypted`; `undecrypted`: rejected, and returned as it came by `onDecryptError: 'raw'` or replaced by a handler; `clear`: it was not encrypted. */
  readonly status: 'decrypted' | 'undecrypted' | 'clear'
  /**
   * Which fields of the record were verified against its binding trailer: `topic`, `key`, `partition`, and `headers:` with the name of each header;
   * empty without one.
   */
  readonly bound: readonly string[]
}

/** A record that was decrypted: a shallow copy of the input with its own value and headers, and `keyfold`, which `encrypt` drops. */
export type DecryptedRecord<R extends KafkaRecord> =
  KindOf<R> extends infer K extends KafkaRecord
    ? K extends KafkaRecord
      ? Encrypted<K> & { readonly keyfold: DecryptedInfo }
      : never
    : never

/** The replacement that a {@link DecryptErrorHandler} returns for a record. Members that it omits (offset, partition, timestamp) stay those of the record. */
export type RecordReplacement<R extends KafkaRecord = KafkaRecord> = R | Partial<KafkaRecord>

/**
 * Decides about a rejected record of the type that was passed to `decrypt`. Its result replaces the record as `{ ...record, ...replacement }`;
 * `undefined` omits the record; an exception rejects the call.
 */
export type DecryptErrorHandler = <R extends KafkaRecord>(
  record: R,
  error: RecordError,
) => RecordReplacement<R> | undefined | Promise<RecordReplacement<R> | undefined>
