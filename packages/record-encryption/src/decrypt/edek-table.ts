import crypto from 'node:crypto'

import { isKmsError, type Dek, type Edek, type Kek, type Kms } from '@keyfold/kms-api'

import { copyOf } from '../records/copy-of.ts'
import type { Rejection } from '../records/rejection.ts'
import { lengthOf } from '../wire/byte-view.ts'
import { equalBytes } from '../wire/equal-bytes.ts'
import { blockBytes } from '../wire/record-limits.ts'
import { WireError } from '../wire/wire-error.ts'
import { IV_LENGTH, parseWrapper, TAG_LENGTH } from '../wire/wrapper.ts'

/** Why the records under an EDEK are rejected. */
export type EdekRejection = Rejection

/** One distinct EDEK of a call whose KEK is known, and what became of it. */
export interface EdekEntry {
  /** Of a copy: the caller's buffers are not kept over a request. */
  readonly edek: Edek
  /** The KEK that the EDEK names. Not yet trusted. */
  readonly kek: Kek
  dek: Dek | undefined
  /** Which of the topic's read contexts opened the EDEK. */
  context: number
  refusal: EdekRejection | undefined
}

/** A record that is to be decrypted: under which EDEK it is, where its encrypted part starts, and which of its headers is the marker. */
export interface LocatedRecord {
  readonly entry: EdekEntry
  readonly ivStart: number
  readonly markerIndex: number
}

const NO_HEAD = new Uint8Array(0)

/**
 * The distinct EDEKs of a call. Neighbours mostly share one, so that a record's head is first compared with the one before it; others are found by
 * their SHA-256. An EDEK that names no KEK is not kept: only what may be sent to the KMS takes memory.
 */
export class EdekTable {
  readonly entries: EdekEntry[] = []
  /** Bytes of heads that were read since the start: what the work on them is worth. */
  work = 0
  readonly #kms: Kms
  readonly #byDigest = new Map<string, EdekEntry>()
  /** One for all: it says the same of each, and a flood of them must not take memory. */
  #invalid: EdekRejection | undefined
  #head: Uint8Array = NO_HEAD
  #last: LocatedRecord | undefined

  constructor(kms: Kms) {
    this.#kms = kms
  }

  /**
   * Finds the EDEK of a record.
   *
   * @param room - how many bytes may be encrypted.
   * @returns a rejection for an EDEK that names no KEK of the KMS.
   * @throws WireError for a value that is no wrapper, or encrypts more than `room`.
   */
  locate(value: Uint8Array, markerIndex: number, room: number): LocatedRecord | EdekRejection {
    const last = this.#last
    const { length } = this.#head
    this.work += length
    if (
      last !== undefined &&
      lengthOf(value) >= length + IV_LENGTH + TAG_LENGTH &&
      equalBytes(value, 0, this.#head, 0, length)
    ) {
      checkRoom(value, length, room)
      return last.markerIndex === markerIndex ? last : { ...last, markerIndex }
    }
    const { edekStart, edekEnd, ivStart } = parseWrapper(value)
    this.work += ivStart
    checkRoom(value, ivStart, room)
    const head = copyOf(value, 0, ivStart)
    const entry = this.#entryOf(head.subarray(edekStart, edekEnd))
    if ('code' in entry) return entry
    this.#head = head
    this.#last = { entry, ivStart, markerIndex }
    return this.#last
  }

  #entryOf(edek: Edek): EdekEntry | EdekRejection {
    const digest = crypto.hash('sha256', edek, 'binary')
    const known = this.#byDigest.get(digest)
    if (known !== undefined) return known
    const kek = this.#kekOf(edek)
    if ('code' in kek) return kek
    const entry: EdekEntry = { edek, kek, dek: undefined, context: 0, refusal: undefined }
    this.#byDigest.set(digest, entry)
    this.entries.push(entry)
    return entry
  }

  #kekOf(edek: Edek): Kek | EdekRejection {
    try {
      return this.#kms.kekOf(edek)
    } catch (error) {
      if (!isKmsError(error, 'KMS_INVALID_EDEK')) throw error
      this.#invalid ??= invalidEdek(error)
      return this.#invalid
    }
  }
}

/** Returns the rejection for an EDEK that the KMS calls invalid. */
export function invalidEdek(cause: Error): EdekRejection {
  return { code: 'RECORD_EDEK_INVALID', message: "the record's EDEK is not valid for the configured KMS", cause }
}

function checkRoom(value: Uint8Array, ivStart: number, room: number): void {
  const bytes = blockBytes(lengthOf(value) - ivStart - IV_LENGTH - TAG_LENGTH)
  if (bytes <= room) return
  throw new WireError(
    'too-large',
    `the record has ${bytes} encrypted bytes, and at most ${Math.max(room, 0)} are decrypted beside its key and headers`,
  )
}
