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

/** One distinct EDEK of a call whose KEK is known, and its outcome. */
export interface EdekEntry {
  /** A copy: the caller's buffers are not kept during a request. */
  readonly edek: Edek
  /** The KEK that the EDEK names. Not yet trusted. */
  readonly kek: Kek
  dek: Dek | undefined
  /** The index of the read context that unwrapped the EDEK. */
  context: number
  rejection: EdekRejection | undefined
}

/** A record to decrypt: its EDEK, the offset of its encrypted part, and the position of the marker among its headers. */
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
  /** Bytes of heads read since the start, as a measure of the work. */
  work = 0
  readonly #kms: Kms
  readonly #byDigest = new Map<string, EdekEntry>()
  /** One object for all, because it is the same for each, and many of them must not take memory. */
  #invalid: EdekRejection | undefined
  #head: Uint8Array = NO_HEAD
  #last: LocatedRecord | undefined

  constructor(kms: Kms) {
    this.#kms = kms
  }

  /**
   * Finds the EDEK of a record.
   *
   * @param room - the maximum number of encrypted bytes.
   * @returns a rejection for an EDEK that names no KEK of the KMS.
   * @throws WireError for a value that is not a wrapper, or that encrypts more than `room`.
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
    const entry: EdekEntry = { edek, kek, dek: undefined, context: 0, rejection: undefined }
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

/** Returns the rejection for an EDEK that the KMS rejects as invalid. */
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
