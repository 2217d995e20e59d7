import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import type { KafkaRecord, RecordHeader } from '../../src/index.ts'
import { sealByHand, wrapByHand } from './by-hand.ts'
import {
  bytesOf,
  fromHex,
  headersOf,
  readVectors,
  storedRecord,
  type Headers,
  type Keks,
  type MutantOp,
  type MutantVector,
  type ParcelVector,
  type RecordsFile,
  type RecordVector,
  type RuleVector,
} from './corpus.ts'

/** What the Java reader gave out; `undefined` when it refused. */
export type JavaResult = { readonly value: Uint8Array | null; readonly headers: readonly RecordHeader[] } | undefined

/** A stored record and what the Java reader made of it. */
export interface Case {
  readonly id: string
  /** What the case is about, for tables. */
  readonly about: string
  readonly topic: string
  readonly record: KafkaRecord
  readonly java: JavaResult
  /** The id of the KEK that the record names. */
  readonly kek?: string | undefined
  /** Ill-formed UTF-8 in a header's name: how many replacement characters it becomes is the decoder's choice. */
  readonly loose?: boolean | undefined
}

/** The cases of a file, with the keys that open them. */
export interface CasesFile {
  readonly keks: Keks
  readonly cases: readonly Case[]
}

/** Records with what was written: records.json, and those that went through the proxy. */
export function recordCases(name: string): CasesFile {
  const { keks, cases } = readVectors(name) as RecordsFile
  return { keks, cases: cases.map((vector) => caseOf(vector, vector.kind)) }
}

function caseOf(vector: RecordVector, about: string): Case {
  const { id, topic, kek } = vector
  return {
    id,
    about,
    topic,
    record: storedRecord(vector),
    java: { value: bytesOf(vector.value), headers: headersOf(vector.headers) },
    kek,
  }
}

/** What the Java reader does with markers and values in unusual places. */
export function ruleCases(): CasesFile {
  const { keks, cases } = readVectors('kroxylicious/reader-rules.json') as { keks: Keks; cases: RuleVector[] }
  return {
    keks,
    cases: cases.map((vector) => {
      const { java, enc, rule } = vector
      const written = caseOf({ ...vector, kind: rule }, rule)
      if (java.error !== undefined) return { ...written, java: undefined }
      const headers = java.headers === 'original' ? vector.headers : (java.headers ?? [])
      return {
        ...written,
        java: {
          value: java.value === 'outer' ? bytesOf(enc.value) : bytesOf(vector.value),
          headers: headersOf(headers),
        },
      }
    }),
  }
}

/** Changed bytes of records.json. */
export function mutantCases(): CasesFile {
  const { keks, cases: records } = readVectors('kroxylicious/records.json') as RecordsFile
  const { cases } = readVectors('kroxylicious/mutants.json') as { cases: MutantVector[] }
  const byId = new Map(records.map((record) => [record.id, record]))
  const tries = cases.flatMap(({ base, tries: changes }) =>
    changes.map(([where, op, result], i) => {
      const vector = byId.get(base)!
      const written = caseOf(vector, vector.kind === 'edek-params' ? `edek-params, ${where}` : where)
      const record = { ...written.record, value: mutated(written.record.value!, op) }
      return { ...written, id: `${base}/${i}`, record, java: result === 'accepted' ? written.java : undefined }
    }),
  )
  return { keks, cases: tries }
}

function mutated(value: Uint8Array, op: MutantOp): Uint8Array {
  if ('cut' in op) return value.slice(0, op.cut)
  if ('append' in op) return Buffer.concat([value, fromHex(op.append)])
  if ('edekLength' in op) {
    // The length is one byte up to 127, and two above; no EDEK here is longer.
    const behind = value[1]! > 127 ? 3 : 2
    return Buffer.concat([value.subarray(0, 1), fromHex(op.edekLength), value.subarray(behind)])
  }
  const changed = value.slice()
  changed[op.at]! ^= op.xor
  return changed
}

const KEK = { id: '0190a6f1-7b7e-7c3d-9a2b-3c4d5e6f7081', key: randomBytes(32) }

/** Parcels, sealed here, with the outer headers of the file. */
export function parcelCases(): CasesFile {
  const { outerHeaders, cases } = readVectors('kroxylicious/parcels.json') as {
    outerHeaders: Headers
    cases: ParcelVector[]
  }
  const dek = randomBytes(32)
  const edek = wrapByHand(KEK, dek)
  const outer = headersOf(outerHeaders)
  return {
    keks: { [KEK.id]: KEK.key.toString('hex') },
    cases: cases.map((vector) => {
      const value = sealByHand(edek, dek, fromHex(vector.hex))
      const { id, illFormedUtf8: loose } = vector
      const about = vector.kind === 'valid' ? `written ${vector.fields!}` : vector.what!
      return {
        id,
        about,
        topic: 't',
        record: { value, headers: outer },
        java: javaParcel(vector, value, outer.slice(1)),
        kek: KEK.id,
        loose,
      }
    }),
  }
}

function javaParcel(
  { kind, fields, java, valueHex, headers, readValue, readHeaders }: ParcelVector,
  stored: Uint8Array,
  outer: RecordHeader[],
): JavaResult {
  if (java !== undefined) return undefined
  const valueIsOuter = kind === 'valid' ? fields === 'H' : readValue === 'outer'
  const headersAreOuter = kind === 'valid' ? fields === 'V' : readHeaders === 'outer'
  const inner = valueHex === null || valueHex === undefined ? null : fromHex(valueHex)
  // Java's null list of headers is an empty one for whoever gets the record.
  return { value: valueIsOuter ? stored : inner, headers: headersAreOuter ? outer : headersOf(headers ?? []) }
}
