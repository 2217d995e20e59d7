import { Buffer } from 'node:buffer'

import type { Dek, Edek } from '@keyfold/kms-api'

import type { RecordErrorCode } from '../errors/record-error.ts'
import { copyOf } from '../records/copy-of.ts'
import { equalBytes } from '../wire/equal-bytes.ts'
import { IV_LENGTH, parseWrapper, TAG_LENGTH } from '../wire/wrapper.ts'

/** Why the records under an EDEK are refused. */
export interface EdekRejection {
  readonly code: RecordErrorCode
  readonly message: string
  readonly cause?: Error | undefined
}

/** One distinct EDEK of a call, and what became of it. */
export interface EdekEntry {
  /** Of a copy: the caller's buffers are not kept over a request. */
  readonly edek: Edek
  dek: Dek | undefined
  refusal: EdekRejection | undefined
}

/** A record that is to be decrypted: under which EDEK it is, where its encrypted part starts, and which of its headers is the marker. */
export interface LocatedRecord {
  readonly entry: EdekEntry
  readonly ivStart: number
  readonly markerIndex: number
}

const NO_HEAD = new Uint8Array(0)

/** The distinct EDEKs of a call. Neighbours mostly share one, so that a record's head is first compared with the one before it. */
export class EdekTable {
  readonly entries: EdekEntry[] = []
  readonly #byBytes = new Map<string, EdekEntry>()
  #head: Uint8Array = NO_HEAD
  #last: LocatedRecord | undefined

  /** @throws WireError for a value that is no wrapper. */
  locate(value: Uint8Array, markerIndex: number): LocatedRecord {
    const last = this.#last
    const length = this.#head.length
    if (
      last !== undefined &&
      value.length >= length + IV_LENGTH + TAG_LENGTH &&
      equalBytes(value, 0, this.#head, 0, length)
    ) {
      return last.markerIndex === markerIndex ? last : { ...last, markerIndex }
    }
    const { edekStart, edekEnd, ivStart } = parseWrapper(value)
    this.#head = copyOf(value, 0, ivStart)
    const located = { entry: this.#entryOf(this.#head.subarray(edekStart, edekEnd)), ivStart, markerIndex }
    this.#last = located
    return located
  }

  #entryOf(edek: Edek): EdekEntry {
    const key = Buffer.from(edek.buffer, edek.byteOffset, edek.byteLength).toString('latin1')
    let entry = this.#byBytes.get(key)
    if (entry === undefined) {
      entry = { edek, dek: undefined, refusal: undefined }
      this.#byBytes.set(key, entry)
      this.entries.push(entry)
    }
    return entry
  }
}
