import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'

/** The loops that the library is compared with. They use one KeyObject, as the library does; a raw key is slower still. */

const key = createSecretKey(randomBytes(32))
const CIPHER = 'aes-256-gcm'

/** What the bare loops open. */
export interface Bare {
  readonly iv: Uint8Array
  readonly text: Uint8Array
  readonly tag: Uint8Array
}

/** The least that Node can do: a cipher a record, a counted IV, results dropped. */
export function bareSeal(values: readonly Uint8Array[]): void {
  const iv = randomBytes(12)
  for (const value of values) {
    iv.writeUInt32BE((iv.readUInt32BE(8) + 1) >>> 0, 8)
    const cipher = createCipheriv(CIPHER, key, iv)
    cipher.update(value)
    cipher.final()
    cipher.getAuthTag()
  }
}

/** Makes input of {@link bareOpen}. */
export function bareInput(values: readonly Uint8Array[]): Bare[] {
  return values.map((value) => {
    const iv = randomBytes(12)
    const cipher = createCipheriv(CIPHER, key, iv)
    const text = cipher.update(value)
    cipher.final()
    return { iv, text, tag: cipher.getAuthTag() }
  })
}

/** The least that Node can do to open: results dropped. */
export function bareOpen(sealed: readonly Bare[]): void {
  for (const { iv, text, tag } of sealed) {
    const decipher = createDecipheriv(CIPHER, key, iv)
    decipher.setAuthTag(tag)
    decipher.update(text)
    decipher.final()
  }
}

const edek = randomBytes(78)
const MARKER = { key: 'kroxylicious.io/encryption', value: Uint8Array.of(2) }

interface NaiveRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

/** What one writes first: a random IV, `Buffer.concat`, three `update()`s. The same wrapper and parcel, without a binding trailer. */
export function naiveSeal(records: readonly NaiveRecord[]): NaiveRecord[] {
  return records.map((record) => {
    const iv = randomBytes(12)
    const cipher = createCipheriv(CIPHER, key, iv)
    const text = Buffer.concat([
      cipher.update(zigZag(record.value.length)),
      cipher.update(record.value),
      cipher.update(Uint8Array.of(3)),
      cipher.final(),
    ])
    const value = Buffer.concat([Uint8Array.of(0, edek.length), edek, Uint8Array.of(0), iv, text, cipher.getAuthTag()])
    return { ...record, value, headers: [MARKER, ...record.headers] }
  })
}

/** Opens what {@link naiveSeal} made. */
export function naiveOpen(records: readonly NaiveRecord[]): NaiveRecord[] {
  return records.map((record) => {
    const value = Buffer.from(record.value)
    const start = 3 + edek.length
    const decipher = createDecipheriv(CIPHER, key, value.subarray(start, start + 12))
    decipher.setAuthTag(value.subarray(-16))
    const text = value.subarray(start + 12, -16)
    const parcel = Buffer.concat([
      decipher.update(text.subarray(0, 4)),
      decipher.update(text.subarray(4, -1)),
      decipher.update(text.subarray(-1)),
      decipher.final(),
    ])
    let at = 1
    while ((parcel[at - 1] as number) > 127) at++
    return { ...record, value: Buffer.from(parcel.subarray(at, -1)), headers: record.headers.slice(1) }
  })
}

function zigZag(n: number): Uint8Array {
  const bytes: number[] = []
  let rest = n << 1
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  return Uint8Array.from([...bytes, rest])
}
