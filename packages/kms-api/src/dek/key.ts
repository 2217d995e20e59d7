import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

import type { Dek, DekClaimOptions, DekPurpose } from '../contract/dek.ts'
import { DekError } from '../errors/dek-error.ts'
import { DerivedKeys } from './derived-keys.ts'
import { IvSequence } from './iv-sequence.ts'
import { labelledInfo } from './labelled-info.ts'

/** The maximum number of invocations of one key (NIST SP 800-38D section 8.3). */
const MAX_RECORDS = 2 ** 32
/** 4 TiB: the confidentiality bound of a key stays near 2^-53 (draft-irtf-cfrg-aead-limits, with records of 1 MiB). */
const MAX_BYTES = 2 ** 42
export const KEY_LENGTH = 32
const PURPOSES: ReadonlySet<unknown> = new Set<DekPurpose>(['records', 'envelopes', 'fields'])

/** The state that all handles of one key share. Never leaves this folder. */
export class Key {
  readonly origin: Dek['origin']
  /** The purpose that a key was derived for; `undefined` for the key of an EDEK. */
  readonly #derivedFor: DekPurpose | undefined
  /** The purpose that a generated key is claimed for. The claim of an unwrapped key belongs to each handle. */
  purpose: DekPurpose | undefined
  #ivs: IvSequence | undefined
  #recordsLeft = MAX_RECORDS
  #bytesLeft = MAX_BYTES
  #object: KeyObject | undefined
  #handles = 0
  readonly #derived = new DerivedKeys<Key>()
  readonly #onRelease: () => void

  /** Takes ownership of `bytes` and zeroes them. */
  constructor(
    bytes: Uint8Array,
    origin: Dek['origin'],
    derivedFor?: DekPurpose,
    onRelease: () => void = () => undefined,
  ) {
    this.origin = origin
    this.#derivedFor = derivedFor
    this.#onRelease = onRelease
    this.#object = createSecretKey(bytes)
    bytes.fill(0)
  }

  /** Defined for as long as a handle exists. */
  get object(): KeyObject {
    return this.#object as KeyObject
  }

  /** The counter that writes the IVs; `undefined` if the caller writes them. */
  get ivs(): IvSequence | undefined {
    return this.#ivs
  }

  acquire(): void {
    this.#handles++
  }

  /** The native memory of a KeyObject is zeroed when it is collected. */
  release(): void {
    if (--this.#handles > 0) return
    this.#object = undefined
    this.#onRelease()
  }

  /**
   * Checks a claim, and records it if the key is generated.
   *
   * @param before - the purpose that the handle is claimed for already.
   */
  claim(purpose: DekPurpose, before: DekPurpose | undefined, options: DekClaimOptions): void {
    const { maxRecords = MAX_RECORDS, maxBytes = MAX_BYTES } = options
    // A misspelt purpose would leave the IVs to the caller.
    if (!PURPOSES.has(purpose)) throw new TypeError('"purpose" expected "records", "envelopes" or "fields"')
    checkLimit('maxRecords', maxRecords, MAX_RECORDS)
    checkLimit('maxBytes', maxBytes, MAX_BYTES)
    if (before !== undefined && (this.origin === 'generated' || before !== purpose)) throw new DekError('DEK_CLAIMED')
    // Neither a field's counter nor an envelope's IVs belong under a key that was derived for the other.
    if (this.#derivedFor !== undefined && purpose !== 'records' && purpose !== this.#derivedFor)
      throw new DekError('DEK_CLAIMED')
    if (this.origin !== 'generated') return
    this.purpose = purpose
    this.#recordsLeft = maxRecords
    this.#bytesLeft = maxBytes
    if (purpose !== 'envelopes') this.#ivs = new IvSequence()
  }

  /** Returns whether a handle claimed for `purpose` seals and opens with this key itself: only records use the key of an EDEK directly. */
  ciphers(purpose: DekPurpose | undefined): boolean {
    return purpose === 'records' || (purpose !== undefined && purpose === this.#derivedFor)
  }

  /** Counts regions before they are sealed; attempts that fail later count too. */
  spend(records: number, bytes: number): void {
    if (records > this.#recordsLeft || bytes > this.#bytesLeft) throw new DekError('DEK_EXHAUSTED')
    this.#recordsLeft -= records
    this.#bytesLeft -= bytes
  }

  /** Derives a key with HKDF-SHA-256 (RFC 5869), with an info that begins with a label of the purpose. */
  derive(purpose: DekPurpose, salt: Uint8Array, info: Uint8Array): Key {
    if (purpose === 'records' || this.#derivedFor !== undefined) throw new DekError('DEK_CLAIMED')
    const labelled = labelledInfo(purpose, info)
    const make = (onRelease?: () => void): Key => {
      const bytes = new Uint8Array(hkdfSync('sha256', this.object, salt, labelled, KEY_LENGTH))
      return new Key(bytes, this.origin, purpose, onRelease)
    }
    // An unwrapped key has no counter.
    return this.origin === 'generated' ? this.#derived.get(salt, labelled, make) : make()
  }
}

function checkLimit(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`"${name}" expected a whole number from 1 to ${max}, got ${value}`)
  }
}
