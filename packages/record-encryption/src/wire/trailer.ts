import { Buffer } from 'node:buffer'
import crypto from 'node:crypto'

import { ByteReader, uvarintLength, writeUvarint } from '@keyfold/kms-api/bytes'

import { lengthOf } from './byte-view.ts'
import { equalBytes } from './equal-bytes.ts'
import { TOPIC } from './topic.ts'
import { parsing, WireError } from './wire-error.ts'

// trailer   = %x4B %x46 %x01 topic key [ partition ] [ headers ] *extension   ; "KF", version 1; at most 1,024 bytes
// topic     = %x01 length 1*249( ALPHA / DIGIT / "." / "_" / "-" )
// key       = %x02 length 0*64OCTET                      ; a key of at most 64 bytes
//           / %x03 %x20 32OCTET                          ; SHA-256 of a longer key
//           / %x04 %x00                                  ; null
// partition = %x05 %x04 4OCTET                           ; i32 big-endian, not negative
// headers   = %x06 length count 1*16( length name ) 32OCTET
// extension = tag length *OCTET                          ; tags %x07 and up, ascending, no repeats; up to %x7F they must be understood
// length    = UV, minimal ; count = UV, minimal

const MAGIC = [0x4b, 0x46] as const
const VERSION = 1
const TAG_TOPIC = 1
const TAG_KEY = 2
const TAG_KEY_HASH = 3
const TAG_KEY_NULL = 4
const TAG_PARTITION = 5
const TAG_HEADERS = 6
const FIRST_SKIPPABLE_TAG = 0x80
/** The maximum length of a trailer. */
export const MAX_TRAILER = 1024
const MAX_RAW_KEY = 64
const HASH_LENGTH = 32
const MAX_HEADERS = 16

/** The contents of a trailer. Byte arrays are views. */
export interface Trailer {
  readonly topic: string
  /** The encoded field, tag and length included. */
  readonly keyField: Uint8Array
  readonly partition: number | undefined
  readonly headers: { readonly names: readonly string[]; readonly digest: Uint8Array } | undefined
}

/** Encodes the start of all trailers of a topic. */
export function encodeTrailerStart(topic: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(...MAGIC, VERSION), field(TAG_TOPIC, Buffer.from(topic, 'latin1'))])
}

/** Returns the length of the field of a record's key. */
export function keyFieldLength(key: Uint8Array | null): number {
  if (key === null) return 2
  const length = lengthOf(key)
  return 2 + (length > MAX_RAW_KEY ? HASH_LENGTH : length)
}

/** Writes the field of a record's key, {@link keyFieldLength} bytes. Returns the offset after it. */
export function writeKeyField(target: Uint8Array, offset: number, key: Uint8Array | null): number {
  if (key === null) {
    target[offset] = TAG_KEY_NULL
    target[offset + 1] = 0
    return offset + 2
  }
  const length = lengthOf(key)
  const hashed = length > MAX_RAW_KEY
  target[offset] = hashed ? TAG_KEY_HASH : TAG_KEY
  target[offset + 1] = hashed ? HASH_LENGTH : length
  target.set(hashed ? sha256(key) : key, offset + 2)
  return offset + 2 + (hashed ? HASH_LENGTH : length)
}

/** Returns whether the bytes from `start` to `end` are exactly the field of `key`. Constant work for a length. */
export function isKeyField(bytes: Uint8Array, start: number, end: number, key: Uint8Array | null): boolean {
  if (end - start !== keyFieldLength(key)) return false
  if (key === null) return bytes[start] === TAG_KEY_NULL && bytes[start + 1] === 0
  const length = lengthOf(key)
  if (length > MAX_RAW_KEY) {
    return (
      bytes[start] === TAG_KEY_HASH &&
      bytes[start + 1] === HASH_LENGTH &&
      equalBytes(bytes, start + 2, sha256(key), 0, HASH_LENGTH)
    )
  }
  return bytes[start] === TAG_KEY && bytes[start + 1] === length && equalBytes(bytes, start + 2, key, 0, length)
}

/** Encodes the field of a partition. */
export function encodePartitionField(partition: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(partition)
  return field(TAG_PARTITION, bytes)
}

/** Encodes the field of bound headers. `names` are sorted by their UTF-8 bytes, without repeats; `digest` is SHA-256 of their values. */
export function encodeHeadersField(names: readonly string[], digest: Uint8Array): Uint8Array {
  const encoded = names.map((name) => Buffer.from(name))
  return field(
    TAG_HEADERS,
    Buffer.concat([uvarint(names.length), ...encoded.flatMap((name) => [uvarint(name.length), name]), digest]),
  )
}

/**
 * Reads the trailer in `bytes` from `start` to `end`.
 *
 * @returns `undefined` if there is no trailer: no bytes, or bytes that do not start with "KF".
 * @throws WireError `malformed` when they start with "KF" and are anything but the grammar above.
 */
export function parseTrailer(bytes: Uint8Array, start: number, end: number): Trailer | undefined {
  if (end - start < 2 || bytes[start] !== MAGIC[0] || bytes[start + 1] !== MAGIC[1]) return undefined
  return parsing('binding trailer', () => {
    if (end - start > MAX_TRAILER)
      throw new WireError('malformed', `the binding trailer is longer than ${MAX_TRAILER} bytes`)
    const reader = new ByteReader(bytes, start + 2, end)
    if (reader.u8() !== VERSION) throw new WireError('malformed', `the binding trailer is not of version ${VERSION}`)
    const fields = readFields(reader)
    return {
      topic: topicOf(fields.take(TAG_TOPIC)),
      keyField: keyFieldOf(fields, bytes),
      partition: partitionOf(fields.take(TAG_PARTITION)),
      headers: headersOf(fields.take(TAG_HEADERS)),
    }
  })
}

function sha256(bytes: Uint8Array): Uint8Array {
  return crypto.hash('sha256', bytes, 'buffer')
}

function uvarint(n: number): Uint8Array {
  const bytes = new Uint8Array(uvarintLength(n))
  writeUvarint(bytes, 0, n)
  return bytes
}

function field(tag: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(tag), uvarint(content.length), content])
}

function malformed(message: string): WireError {
  return new WireError('malformed', `the binding trailer ${message}`)
}

interface Field {
  readonly tag: number
  /** The offset of the field, tag included, in the whole array. */
  readonly start: number
  readonly content: Uint8Array
}

/** The fields of a trailer, by tag. */
class Fields {
  readonly #byTag = new Map<number, Field>()

  add(found: Field): void {
    this.#byTag.set(found.tag, found)
  }

  take(tag: number): Field | undefined {
    return this.#byTag.get(tag)
  }
}

/** Tags ascend, and so never repeat. The three forms of a key exclude each other. */
function readFields(reader: ByteReader): Fields {
  const fields = new Fields()
  let previous = 0
  let keys = 0
  while (reader.remaining > 0) {
    const start = reader.position
    const tag = reader.u8()
    if (tag <= previous) throw malformed('has fields that repeat or are not in ascending order')
    if (tag > TAG_HEADERS && tag < FIRST_SKIPPABLE_TAG)
      throw malformed(`has a field that must be understood and is not: ${tag}`)
    if (tag >= TAG_KEY && tag <= TAG_KEY_NULL && ++keys > 1) throw malformed('has two keys')
    fields.add({ tag, start, content: reader.take(reader.minimalUvarint()) })
    previous = tag
  }
  return fields
}

function topicOf(found: Field | undefined): string {
  if (found === undefined) throw malformed('has no topic')
  const topic = Buffer.from(found.content).toString('latin1')
  if (!TOPIC.test(topic)) throw malformed('holds no valid topic name')
  return topic
}

function keyFieldOf(fields: Fields, bytes: Uint8Array): Uint8Array {
  const raw = fields.take(TAG_KEY)
  const hashed = fields.take(TAG_KEY_HASH)
  const found = raw ?? hashed ?? fields.take(TAG_KEY_NULL)
  if (found === undefined) throw malformed('has no key')
  const { length } = found.content
  const legal = found === raw ? length <= MAX_RAW_KEY : length === (found === hashed ? HASH_LENGTH : 0)
  if (!legal) throw malformed('has a key of the wrong length')
  // Lengths up to 64 take one byte.
  return bytes.subarray(found.start, found.start + 2 + length)
}

function partitionOf(found: Field | undefined): number | undefined {
  if (found === undefined) return undefined
  if (found.content.length !== 4) throw malformed('has a partition that is not 4 bytes long')
  const partition = new ByteReader(found.content).i32()
  if (partition < 0) throw malformed('has a negative partition')
  return partition
}

function headersOf(found: Field | undefined): Trailer['headers'] {
  if (found === undefined) return undefined
  const reader = new ByteReader(found.content)
  const count = reader.minimalUvarint()
  if (count < 1 || count > MAX_HEADERS) throw malformed(`binds no header, or more than ${MAX_HEADERS}`)
  const names: string[] = []
  let previous: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    const name = reader.take(reader.minimalUvarint())
    if (previous !== undefined && Buffer.compare(previous, name) >= 0)
      throw malformed('has names of headers that repeat or are not sorted')
    const text = Buffer.from(name).toString('utf8')
    if (!Buffer.from(text).equals(name)) throw malformed('has a name of a header that is not UTF-8')
    names.push(text)
    previous = name
  }
  const digest = reader.take(HASH_LENGTH)
  if (reader.remaining > 0) throw malformed('has bytes behind the bound headers')
  return { names, digest }
}
