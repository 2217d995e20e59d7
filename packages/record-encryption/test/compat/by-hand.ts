import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

import type { RecordHeader } from '../../src/index.ts'

/** The format once more, from its description and with node:crypto alone: nothing here is of the sources that it is held against. */

/** A KEK of the in-memory KMS. */
export interface HandKek {
  readonly id: string
  readonly key: Uint8Array
}

const MARKER = 'kroxylicious.io/encryption'

/** Wraps a DEK as the in-memory KMS does. */
export function wrapByHand({ id, key }: HandKek, dek: Uint8Array): Buffer {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const wrapped = Buffer.concat([cipher.update(dek), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([Buffer.of(128, 12), iv, Buffer.from(id.replaceAll('-', ''), 'hex'), wrapped])
}

/** A record value around any parcel. */
export function sealByHand(edek: Uint8Array, dek: Uint8Array, parcel: Uint8Array): Buffer {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', dek, iv)
  const text = Buffer.concat([cipher.update(parcel), cipher.final(), cipher.getAuthTag()])
  return Buffer.concat([Buffer.of(0), unsigned(edek.length), edek, Buffer.of(0), iv, text])
}

export function unsigned(n: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(32, BigInt(n))
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128)
  return Buffer.from([...bytes, Number(rest)])
}

export function zigzag(n: number): Buffer {
  return unsigned(n < 0 ? -2 * n - 1 : 2 * n)
}

/** Everything that a value holds. */
export interface HandOpened {
  readonly edek: Buffer
  readonly iv: Buffer
  readonly value: Buffer
  /** `outside` when the parcel has none. */
  readonly headers: RecordHeader[] | 'outside'
  /** What stands behind the headers section. */
  readonly trailer: Buffer
}

/** Opens a record value, byte by byte; throws when a single one is not where it belongs. */
export function openByHand({ id, key }: HandKek, stored: Uint8Array): HandOpened {
  const walk = new Walk(Buffer.from(stored))
  walk.expect(0)
  const edek = walk.bytes(walk.unsigned())
  walk.expect(0)
  const iv = walk.bytes(12)
  const sealed = walk.rest()
  const inner = new Walk(edek)
  inner.expect(128)
  inner.expect(12)
  const wrapIv = inner.bytes(12)
  if (inner.bytes(16).toString('hex') !== id.replaceAll('-', '')) throw new Error('another KEK')
  const dek = decryptByHand(key, wrapIv, inner.rest())
  if (dek.length !== 32) throw new Error('no DEK of 32 bytes')
  const parcel = new Walk(decryptByHand(dek, iv, sealed))
  const value = parcel.bytes(parcel.zigzag())
  const count = parcel.zigzag()
  if (count === -2) return { edek, iv, value, headers: 'outside', trailer: parcel.rest() }
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const name = parcel.bytes(parcel.unsigned()).toString('utf8')
    const length = parcel.zigzag()
    headers.push({ key: name, value: length === -1 ? null : Uint8Array.from(parcel.bytes(length)) })
  }
  return { edek, iv, value, headers, trailer: parcel.rest() }
}

function decryptByHand(key: Uint8Array, iv: Uint8Array, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 })
  decipher.setAuthTag(sealed.subarray(sealed.length - 16))
  return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - 16)), decipher.final()])
}

/** What a binding trailer covers. */
export interface HandBinding {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly partition?: number | undefined
  readonly names?: readonly string[] | undefined
  readonly headers?: readonly RecordHeader[] | undefined
}

/** A binding trailer from its grammar. */
export function trailerByHand({ topic, key, partition, names = [], headers = [] }: HandBinding): Buffer {
  const parts = [Buffer.from('KF\x01', 'latin1'), field(1, Buffer.from(topic))]
  if (key === null) parts.push(field(4, Buffer.alloc(0)))
  else if (key.length > 64) parts.push(field(3, createHash('sha256').update(key).digest()))
  else parts.push(field(2, key))
  if (partition !== undefined) {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(partition)
    parts.push(field(5, bytes))
  }
  if (names.length > 0) {
    const listed = names.flatMap((name) => [unsigned(Buffer.byteLength(name)), Buffer.from(name)])
    parts.push(field(6, Buffer.concat([unsigned(names.length), ...listed, digestByHand(names, headers)])))
  }
  return Buffer.concat(parts)
}

function digestByHand(names: readonly string[], headers: readonly RecordHeader[]): Buffer {
  const parts: Buffer[] = []
  for (const name of names) {
    const values = headers.filter(({ key }) => key === name).map(({ value }) => value ?? new Uint8Array())
    parts.push(unsigned(values.length), ...values.flatMap((value) => [zigzag(value.length), Buffer.from(value)]))
  }
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

export function field(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), unsigned(content.length), content])
}

export const HAND_MARKER: RecordHeader = { key: MARKER, value: Uint8Array.of(2) }

/** Goes through bytes, front to back. Numbers are those that a writer writes: the shortest form. */
class Walk {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  bytes(length: number): Buffer {
    const end = this.#at + length
    if (length < 0 || end > this.#bytes.length) throw new Error(`no ${length} bytes at ${this.#at}`)
    const found = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return found
  }

  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#at)
  }

  expect(byte: number): void {
    const [found] = this.bytes(1)
    if (found !== byte) throw new Error(`${found} instead of ${byte} at ${this.#at - 1}`)
  }

  unsigned(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const [byte = 0] = this.bytes(1)
      value += (byte % 128) * factor
      if (byte < 128) {
        if (byte === 0 && factor > 1) throw new Error('a number longer than it has to be')
        return value
      }
    }
  }

  zigzag(): number {
    const n = this.unsigned()
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2
  }
}
