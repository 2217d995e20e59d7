import { describeType, printable } from '@keyfold/kms-api'

import type { KafkaRecord } from '../types.ts'
import { digestHeaders, sortedNames } from '../wire/header-digest.ts'
import {
  encodeHeadersField,
  encodePartitionField,
  encodeTrailerStart,
  keyFieldLength,
  MAX_TRAILER,
  writeKeyField,
} from '../wire/trailer.ts'

const PARTITION_FIELD_LENGTH = 6
const DIGEST_LENGTH = 32
const MAX_PARTITION = 2 ** 31 - 1

/** Writes the binding trailers of one topic's records. */
export class BindingWriter {
  /** The bytes that all of them start with. */
  readonly start: Uint8Array
  readonly #partition: boolean
  readonly #names: readonly string[]
  readonly #headersLength: number

  constructor(topic: string, binding: { readonly partition: boolean; readonly headers: readonly string[] }) {
    this.start = encodeTrailerStart(topic)
    this.#partition = binding.partition
    this.#names = sortedNames(binding.headers)
    this.#headersLength =
      this.#names.length === 0 ? 0 : encodeHeadersField(this.#names, new Uint8Array(DIGEST_LENGTH)).length
  }

  /** Whether a trailer consists of the start and the key only. */
  get plain(): boolean {
    return !this.#partition && this.#names.length === 0
  }

  /**
   * Returns the length of a record's trailer.
   *
   * @throws TypeError when a partition is bound and the record has none, or when the bound headers make the trailer too long.
   */
  length(record: KafkaRecord, index: number): number {
    if (this.#partition) checkPartition(record.partition, index)
    const length =
      this.start.length +
      keyFieldLength(record.key ?? null) +
      (this.#partition ? PARTITION_FIELD_LENGTH : 0) +
      this.#headersLength
    if (length <= MAX_TRAILER) return length
    throw new TypeError(
      `"binding.headers" expected names that fit a trailer of ${MAX_TRAILER} bytes, got ${length} bytes with ${this.#names.map(printable).join(', ')}`,
    )
  }

  /** Writes it. Returns the offset after it. */
  write(target: Uint8Array, offset: number, record: KafkaRecord): number {
    target.set(this.start, offset)
    let at = writeKeyField(target, offset + this.start.length, record.key ?? null)
    if (this.#partition) {
      target.set(encodePartitionField(record.partition as number), at)
      at += PARTITION_FIELD_LENGTH
    }
    if (this.#names.length > 0) {
      target.set(encodeHeadersField(this.#names, digestHeaders(this.#names, record.headers ?? [])), at)
      at += this.#headersLength
    }
    return at
  }
}

function checkPartition(partition: unknown, index: number): void {
  if (Number.isInteger(partition) && (partition as number) >= 0 && (partition as number) <= MAX_PARTITION) return
  const got = typeof partition === 'number' ? partition : describeType(partition)
  throw new TypeError(`"records[${index}].partition" expected a partition, which the rule binds, got ${got}`)
}
