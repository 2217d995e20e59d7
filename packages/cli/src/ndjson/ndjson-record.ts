/** A header of a record; fits `RecordHeader` of `@keyfold/record-encryption`. */
export interface NdjsonHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** A record of one line; fits `KafkaRecord` of `@keyfold/record-encryption`. */
export interface NdjsonRecord {
  readonly topic: string
  readonly partition?: number | undefined
  /** {@link parseRecordLine} gives a number up to 2^53 - 1 and a decimal string above. */
  readonly offset?: number | bigint | string | undefined
  /** Milliseconds since 1970; -1 where Kafka has none. Numbers and strings like `offset`. */
  readonly timestamp?: number | bigint | string | undefined
  readonly key?: Uint8Array | null | undefined
  /** null is a tombstone. */
  readonly value: Uint8Array | null
  /** Absent rather than empty. */
  readonly headers?: readonly NdjsonHeader[] | undefined
}

/** `data`: null, a string or `{"base64":"…"}`. `json`: the value is JSON text of its own, kept as it is written. */
export type ValueMode = 'data' | 'json'
