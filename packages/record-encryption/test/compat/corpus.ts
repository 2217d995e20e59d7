import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { Kms } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import type { KafkaRecord, RecordHeader } from '../../src/index.ts'

/** What test/vectors/README.md explains. */
export type Bytes = string | null | { readonly seed: number; readonly len: number }
export type Headers = readonly (readonly [key: string, value: string | null])[]
export type Keks = Readonly<Record<string, string>>

/** A record as it was before encryption, and as it is stored. */
export interface RecordVector {
  readonly id: string
  readonly kind: string
  readonly topic: string
  readonly partition: number
  readonly fields?: 'V' | 'H' | 'VH'
  readonly kek?: string
  readonly key: Bytes
  readonly value: Bytes
  readonly headers: Headers
  readonly enc: { readonly value: string | null; readonly headers: Headers }
  readonly onionInnerValue?: Bytes
  readonly onionInnerHeaders?: Headers
}

export interface RecordsFile {
  readonly keks: Keks
  readonly cases: readonly RecordVector[]
}

export interface RuleVector extends Omit<RecordVector, 'kind'> {
  readonly rule: string
  readonly java: {
    readonly error?: string
    readonly value?: 'original' | 'outer'
    readonly headers?: 'original' | Headers
  }
}

export type MutantOp =
  | { readonly at: number; readonly xor: number }
  | { readonly cut: number }
  | { readonly append: string }
  | { readonly edekLength: string }

export interface MutantVector {
  readonly base: string
  readonly tries: readonly (readonly [where: string, op: MutantOp, result: string])[]
}

export interface ParcelVector {
  readonly id: string
  readonly kind: 'valid' | 'read'
  readonly fields?: 'V' | 'H' | 'VH'
  readonly what?: string
  readonly hex: string
  readonly java?: string
  readonly valueHex?: string | null
  readonly headers?: Headers
  readonly readValue?: 'inner' | 'null' | 'outer'
  readonly readHeaders?: 'inner' | 'null' | 'outer'
  readonly illFormedUtf8?: boolean
}

export interface TrailerVector {
  readonly id: string
  readonly what: string
  readonly topic: string
  readonly partition: number
  readonly key: string | null
  readonly trailerHex: string
  readonly value: string
  readonly headers: Headers
  readonly design: 'match' | 'mismatch' | 'malformed' | 'none'
  readonly java: { readonly value: string | null; readonly headers: Headers }
}

/** Reads a file of test/vectors; its shape is the caller's to know. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Decodes the bytes of a case, also those that stand there as a seed. */
export function bytesOf(bytes: Bytes): Uint8Array | null {
  if (bytes === null) return null
  if (typeof bytes === 'string') return Uint8Array.from(Buffer.from(bytes, 'base64'))
  const blocks = Array.from({ length: Math.ceil(bytes.len / 32) }, (_, i) =>
    createHash('sha256').update(`keyfold-corpus:${bytes.seed}:${i}`).digest(),
  )
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, bytes.len))
}

export function headersOf(headers: Headers): RecordHeader[] {
  return headers.map(([key, value]) => ({ key, value: bytesOf(value) }))
}

/** The record of a case as a consumer gets it from the broker. */
export function storedRecord({ key, partition, enc }: Pick<RecordVector, 'key' | 'partition' | 'enc'>): KafkaRecord {
  return { key: bytesOf(key), partition, value: bytesOf(enc.value), headers: headersOf(enc.headers) }
}

/** A KMS with the keys of a file of vectors. */
export function kmsWith(keks: Keks): Kms {
  return createInMemoryKms({
    insecure: 'test-only',
    keks: Object.entries(keks).map(([id, hex]) => ({ id, versions: [fromHex(hex)] })),
  }).kms
}
