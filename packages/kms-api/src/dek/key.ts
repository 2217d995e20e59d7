import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

import type { Dek, DekClaimOptions, DekPurpose } from '../contract/dek.ts'
import { DekError } from '../errors/dek-error.ts'
import { IvSequence } from './iv-sequence.ts'

/** NIST SP 800-38D section 8.3: invocations of one key. */
const MAX_RECORDS = 2 ** 32
/** 4 TiB: the confidentiality bound of a key stays near 2^-53 (draft-irtf-cfrg-aead-limits, with records of 1 MiB). */
const MAX_BYTES = 2 ** 42
export const KEY_LENGTH = 32
const PURPOSES: ReadonlySet<unknown> = new Set<DekPurpose>(['records', 'envelopes'])

/** What all handles of one key share. Never leaves this folder. */
export class Key {
  readonly origin: Dek['origin']
  purpose: DekPurpose | undefined
  /** Whether another key was derived of it. */
  #derived = false
  ivs: IvSequence | undefined
  recordsLeft = MAX_RECORDS
  bytesLeft = MAX_BYTES
  #object: KeyObject | undefined
  #handles = 0

  /** Takes ownership of `bytes` and zeroes them. */
  constructor(bytes: Uint8Array, origin: Dek['origin']) {
    this.origin = origin
    this.#object = createSecretKey(bytes)
    bytes.fill(0)
  }

  /** There while there is a handle: who has none cannot ask. */
  get object(): KeyObject {
    return this.#object as KeyObject
  }

  acquire(): void {
    this.#handles++
  }

  /** The native memory of a KeyObject is zeroed when it is collected. */
  release(): void {
    if (--this.#handles === 0) this.#object = undefined
  }

  claim(purpose: DekPurpose, { maxRecords = MAX_RECORDS, maxBytes = MAX_BYTES }: DekClaimOptions): void {
    // A misspelt purpose would leave the IVs to the caller.
    if (!PURPOSES.has(purpose)) throw new TypeError('"purpose" expected "records" or "envelopes"')
    checkLimit('maxRecords', maxRecords, MAX_RECORDS)
    checkLimit('maxBytes', maxBytes, MAX_BYTES)
    if (this.purpose !== undefined && (this.origin === 'generated' || this.purpose !== purpose))
      throw new DekError('DEK_CLAIMED')
    if (this.#derived && purpose === 'records') throw new DekError('DEK_CLAIMED')
    this.purpose = purpose
    this.recordsLeft = maxRecords
    this.bytesLeft = maxBytes
    if (this.origin === 'generated' && purpose === 'records') this.ivs = new IvSequence()
  }

  /** Counts what is about to be sealed; attempts that fail later count too. */
  reserve(records: number, bytes: number): void {
    if (records > this.recordsLeft || bytes > this.bytesLeft) throw new DekError('DEK_EXHAUSTED')
    this.recordsLeft -= records
    this.bytesLeft -= bytes
  }

  /** HKDF-SHA-256 (RFC 5869). */
  derive(salt: Uint8Array, info: Uint8Array): Key {
    if (this.purpose === 'records') throw new DekError('DEK_CLAIMED')
    const derived = new Key(new Uint8Array(hkdfSync('sha256', this.object, salt, info, KEY_LENGTH)), this.origin)
    this.#derived = true
    return derived
  }
}

function checkLimit(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RangeError(`"${name}" expected a whole number from 1 to ${most}, got ${value}`)
  }
}
