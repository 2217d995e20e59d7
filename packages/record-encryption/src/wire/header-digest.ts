import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import { uvarintLength, writeUvarint, writeZvarint, zvarintLength } from '@keyfold/kms-api/bytes'

import type { RecordHeader } from '../types.ts'
import { lengthOf } from './byte-view.ts'

/** Sorts names by their UTF-8 bytes and drops repeats, as the trailer lists them. */
export function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

/**
 * Computes the Computes the SHA-256 of the values of named headers: for each name, UV number of its values, then each value in record order as ZV length and bytes.
 * A null value counts as an empty one.
 */
export function digestHeaders(names: readonly string[], headers: readonly RecordHeader[]): Uint8Array {
  const digest = createHash('sha256')
  for (const values of valuesOf(names, headers)) {
    const count = new Uint8Array(uvarintLength(values.length))
    writeUvarint(count, 0, values.length)
    digest.update(count)
    for (const value of values) {
      const size = value === null ? 0 : lengthOf(value)
      const length = new Uint8Array(zvarintLength(size))
      writeZvarint(length, 0, size)
      digest.update(length)
      if (value !== null) digest.update(value)
    }
  }
  return digest.digest()
}

/** The values of each name, in record order. The headers are read once, regardless of the number of names. */
function valuesOf(names: readonly string[], headers: readonly RecordHeader[]): (Uint8Array | null)[][] {
  const byName = new Map<string, (Uint8Array | null)[]>(names.map((name) => [name, []]))
  for (const { key, value } of headers) byName.get(key)?.push(value)
  return names.map((name) => byName.get(name) as (Uint8Array | null)[])
}
