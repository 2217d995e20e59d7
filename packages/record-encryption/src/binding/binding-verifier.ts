import { LRUCache } from 'lru-cache'

import { printable } from '@keyfold/kms-api'

import type { BindingMismatch } from '../errors/binding-mismatch.ts'
import type { topicPolicies } from '../policies/policies.ts'
import type { Resolved } from '../policies/policy.ts'
import type { DecryptedInfo, KafkaRecord, RecordHeader } from '../types.ts'
import { equalBytes } from '../wire/equal-bytes.ts'
import { digestHeaders } from '../wire/header-digest.ts'
import { encodeTrailerStart, isKeyField, parseTrailer, type Trailer } from '../wire/trailer.ts'

/** The info of a decrypted record of which nothing but the value was verified. */
export const UNBOUND: DecryptedInfo = Object.freeze({ status: 'decrypted', bound: Object.freeze([]) })
const TOPIC_AND_KEY: DecryptedInfo = Object.freeze({ status: 'decrypted', bound: Object.freeze(['topic', 'key']) })

const MAX_INFOS = 64

/** Verifies the binding trailers of the records of one topic. */
export class BindingVerifier {
  readonly #topic: string
  readonly #topics: readonly string[]
  readonly #binding: Resolved<typeof topicPolicies>['binding']
  readonly #start: Uint8Array
  /** Whether a trailer with only topic and key satisfies the rule, so that it can be compared as a whole. */
  readonly #plain: boolean
  /** Records with the same bound fields share one info object. Writers choose the names of headers, so the map is bounded. */
  readonly #infos = new LRUCache<string, DecryptedInfo>({ max: MAX_INFOS })

  /** @param mapped - further names that the records may have been written under. */
  constructor(topic: string, binding: Resolved<typeof topicPolicies>['binding'], mapped: readonly string[]) {
    this.#topic = topic
    this.#topics = [topic, ...mapped]
    this.#binding = binding
    this.#start = encodeTrailerStart(topic)
    const demandsMore = binding.read === 'require' && (binding.partition || binding.headers.length > 0)
    this.#plain = binding.key === 'verify' && !demandsMore
  }

  /**
   * Verifies the trailer in `bytes` from `start` to `end`.
   *
   * @param headers - the headers that the reader of the record gets.
   * @returns the verified fields ({@link UNBOUND} without a trailer), or the mismatch.
   * @throws WireError `malformed`.
   */
  verify(
    bytes: Uint8Array,
    start: number,
    end: number,
    record: KafkaRecord,
    headers: readonly RecordHeader[],
  ): DecryptedInfo | BindingMismatch {
    if (this.#binding.read === 'off') return UNBOUND
    if (this.#plain && this.#isPlainTrailer(bytes, start, end, record.key ?? null)) return TOPIC_AND_KEY
    const trailer = parseTrailer(bytes, start, end)
    if (trailer === undefined) return this.#withoutTrailer()
    return this.#mismatch(trailer, record, headers) ?? this.#verified(trailer)
  }

  #isPlainTrailer(bytes: Uint8Array, start: number, end: number, key: Uint8Array | null): boolean {
    const keyStart = start + this.#start.length
    return (
      keyStart <= end &&
      equalBytes(bytes, start, this.#start, 0, this.#start.length) &&
      isKeyField(bytes, keyStart, end, key)
    )
  }

  #withoutTrailer(): DecryptedInfo | BindingMismatch {
    if (this.#binding.read !== 'require') return UNBOUND
    return {
      field: 'trailer',
      boundTopic: undefined,
      message: 'the record has no binding trailer, and the rule for this topic requires one',
    }
  }

  #mismatch(trailer: Trailer, record: KafkaRecord, headers: readonly RecordHeader[]): BindingMismatch | undefined {
    const boundTopic = trailer.topic
    if (!this.#topics.includes(boundTopic)) return { field: 'topic', boundTopic, message: this.#otherTopic(boundTopic) }
    const { keyField } = trailer
    if (this.#binding.key === 'verify' && !isKeyField(keyField, 0, keyField.length, record.key ?? null)) {
      return { field: 'key', boundTopic, message: 'the record was written for another key' }
    }
    const partition = this.#partitionMismatch(trailer.partition, record.partition)
    if (partition !== undefined) return { field: 'partition', boundTopic, message: partition }
    const changed = this.#headersMismatch(trailer.headers, headers)
    return changed === undefined ? undefined : { field: 'headers', boundTopic, message: changed }
  }

  #otherTopic(boundTopic: string): string {
    const [topic, bound] = [printable(this.#topic), printable(boundTopic)]
    return `the record was written for topic ${bound} and read from ${topic}; if that is meant, add to the configuration: topicMapping: { ${topic}: [${bound}] }`
  }

  #partitionMismatch(bound: number | undefined, partition: number | undefined): string | undefined {
    if (bound === undefined) {
      const demanded = this.#binding.read === 'require' && this.#binding.partition
      return demanded ? 'the record is not bound to a partition, and the rule for this topic requires that' : undefined
    }
    if (partition === undefined) return `the record was written for partition ${bound} and came without its partition`
    return partition === bound ? undefined : `the record was written for partition ${bound} and read from ${partition}`
  }

  #headersMismatch(bound: Trailer['headers'], headers: readonly RecordHeader[]): string | undefined {
    if (this.#binding.read === 'require') {
      const missing = this.#binding.headers.find((name) => !bound?.names.includes(name))
      if (missing !== undefined)
        return `the record is not bound to its header ${printable(missing)}, and the rule for this topic requires that`
    }
    if (bound === undefined) return undefined
    const digest = digestHeaders(bound.names, headers)
    return equalBytes(digest, 0, bound.digest, 0, digest.length)
      ? undefined
      : 'the record was written with other headers'
  }

  #verified({ partition, headers }: Trailer): DecryptedInfo {
    const names = headers?.names ?? []
    const list = JSON.stringify([partition !== undefined, names])
    const known = this.#infos.get(list)
    if (known !== undefined) return known
    const bound = ['topic']
    if (this.#binding.key === 'verify') bound.push('key')
    if (partition !== undefined) bound.push('partition')
    for (const name of names) bound.push(`headers:${name}`)
    const info: DecryptedInfo = Object.freeze({ status: 'decrypted', bound: Object.freeze(bound) })
    this.#infos.set(list, info)
    return info
  }
}
