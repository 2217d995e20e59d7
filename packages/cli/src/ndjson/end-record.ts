import type { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import { NdjsonError } from './ndjson-error.ts'

/*
 * A stream that is closed ends with one line more, over all bytes before it:
 *
 *   end-record = %s'{"keyfoldEnd":{"records":' count %s',"sha256":"' 64( DIGIT / %x61-66 ) '"}}'
 *   count      = "0" / ( %x31-39 *15DIGIT )      ; how many records stand before
 */
const START = '{"keyfoldEnd"'
const SHAPE = /^\{"keyfoldEnd":\{"records":(0|[1-9][0-9]{0,15}),"sha256":"([0-9a-f]{64})"\}\}$/

/** Counts and hashes what is written, for the line that closes a pipe's stream. */
export interface EndRecordWriter {
  /** Takes output as it is written, line ends included, that holds this many records. Does not keep the bytes. */
  update(bytes: Uint8Array, records: number): void
  /** The end record, without a line end. Ends the hash: call it once. */
  line(): string
}

/** Starts the count and the hash of a stream that `--end-record` closes. */
export function createEndRecord(): EndRecordWriter {
  const hash = createHash('sha256')
  let count = 0
  return {
    update(bytes, records) {
      hash.update(bytes)
      count += records
    },
    line: () => JSON.stringify({ keyfoldEnd: { records: count, sha256: hash.digest('hex') } }),
  }
}

/** Says cheaply whether a line is meant as an end record. */
export function isEndRecord(line: Buffer): boolean {
  // The sixth byte tells it from lines that start with "topic" or "key".
  return line[5] === 0x66 && line.toString('latin1', 0, START.length) === START
}

/** Compares an end record with what was read before it. @throws NdjsonError of scope `stream`. */
export function verifyEndRecord(
  text: string,
  line: number,
  seen: { readonly records: number; readonly sha256: string },
): void {
  const [, records, sha256] = SHAPE.exec(text) ?? []
  const fail = (problem: string): never => {
    const details = { line, path: '$.keyfoldEnd', scope: 'stream' } as const
    throw new NdjsonError(`"keyfoldEnd" expected ${problem}; the input is not what was written`, details)
  }
  if (records === undefined || sha256 === undefined) return fail('the end record as it was written, got another shape')
  if (Number(records) !== seen.records)
    return fail(`as many records as it counts, got ${seen.records} instead of ${records}`)
  if (sha256 !== seen.sha256) return fail('bytes with its SHA-256 before it, got others')
}
