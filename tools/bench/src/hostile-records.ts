import { Buffer } from 'node:buffer'

import type { KafkaRecord } from '@keyfold/record-encryption'

/** Records that somebody without a key can write to a topic, made from one that is genuine. */
export type HostileKind = (count: number, genuine: KafkaRecord) => KafkaRecord[]

const MARKER = 'kroxylicious.io/encryption'
const marker = (): { key: string; value: Uint8Array } => ({ key: MARKER, value: Uint8Array.of(2) })
const EMPTY = { key: '', value: null }
const HEAD_AND_TAG = 28

function repeated(count: number, make: (i: number) => KafkaRecord): KafkaRecord[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

/** A well-formed wrapper around nothing, with an EDEK of `length` bytes of which the last four are `i`. */
function wrapped(length: number, i: number): KafkaRecord {
  const prefix =
    length < 128
      ? [0, length]
      : [0, (length & 127) | 128, ...(length < 16_384 ? [length >> 7] : [((length >> 7) & 127) | 128, length >> 14])]
  const value = Buffer.alloc(prefix.length + length + 1 + HEAD_AND_TAG)
  value.set(prefix)
  value.writeUInt32BE(i, prefix.length + length - 4)
  return { key: null, value, headers: [marker()] }
}

/** A copy of a genuine record with one byte of its value changed. */
function changed(genuine: KafkaRecord, at: number): KafkaRecord {
  const value = Buffer.from(genuine.value as Uint8Array)
  const index = at < 0 ? value.length + at : at
  value[index] = (value[index] as number) ^ 1
  return { ...genuine, value }
}

/** A genuine record whose EDEK differs in four bytes from `from` on. */
function otherEdek(genuine: KafkaRecord, from: number, i: number): KafkaRecord {
  const value = Buffer.from(genuine.value as Uint8Array)
  value.writeUInt32BE(i, from)
  return { ...genuine, value }
}

/** Each by its name. */
export const HOSTILE_KINDS: Readonly<Record<string, HostileKind>> = {
  genuine: (count, genuine) => repeated(count, () => genuine),
  'in clear': (count) => repeated(count, () => ({ key: null, value: Uint8Array.of(1), headers: [] })),
  'no wrapper': (count) => repeated(count, () => ({ key: null, value: Uint8Array.of(1), headers: [marker()] })),
  'long varint': (count) =>
    repeated(count, () => ({ key: null, value: new Uint8Array(64).fill(0xff, 1), headers: [marker()] })),
  'invalid EDEKs of 8 bytes': (count) => repeated(count, (i) => wrapped(8, i)),
  'invalid EDEKs of 17,000 bytes': (count) => repeated(Math.ceil(count / 100), (i) => wrapped(17_000, i)),
  // The in-memory EDEK begins with the UUID of its KEK, behind two bytes of the wrapper.
  'EDEKs of other KEKs': (count, genuine) => repeated(count, (i) => otherEdek(genuine, 2, i)),
  'forged EDEKs of the KEK': (count, genuine) => repeated(count, (i) => otherEdek(genuine, 60, i)),
  'wrong tags': (count, genuine) => repeated(count, () => changed(genuine, -1)),
  'moved to another key': (count, genuine) => repeated(count, () => ({ ...genuine, key: Uint8Array.of(1) })),
  'two markers': (count, genuine) => repeated(count, () => ({ ...genuine, headers: [marker(), marker()] })),
  '100 headers': (count, genuine) => {
    const headers = [...Array.from({ length: 100 }, () => EMPTY), marker()]
    return repeated(Math.ceil(count / 10), () => ({ ...genuine, headers }))
  },
  'too many headers': (count, genuine) => {
    const headers = Array.from({ length: 20_000 }, () => EMPTY)
    return repeated(count, () => ({ ...genuine, headers }))
  },
}
