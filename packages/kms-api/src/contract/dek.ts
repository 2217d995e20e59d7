/**
 * The purpose of a claimed DEK. `records`: the key itself encrypts, with IVs that the DEK writes. `envelopes` and `fields`: the key itself encrypts
 * nothing; keys that {@link Dek.deriveDek} derives from it do.
 */
export type DekPurpose = 'records' | 'envelopes' | 'fields'

/** Limits that a claim puts on a DEK, below the ceilings that always hold. */
export interface DekClaimOptions {
  /** Max regions that {@link Dek.sealRegions} seals under this key. At most, and by default, 2^32 (NIST SP 800-38D section 8.3). */
  readonly maxRecords?: number | undefined
  /** Max bytes of text that {@link Dek.sealRegions} seals under this key. At most, and by default, 2^42. */
  readonly maxBytes?: number | undefined
}

/**
 * A handle of a data encryption key (DEK): AES-256-GCM over regions of a slab, and derivation. It lends no key material.
 *
 * The key, not the handle, separates purposes: only `records` uses the key of an EDEK for AES-GCM, and each other purpose derives keys of its own.
 * A ciphertext of one purpose therefore never opens as one of another, even if it is moved together with its EDEK.
 *
 * The caller that receives a handle must destroy it; the key is released with its last handle. Using a destroyed handle throws `DEK_DESTROYED`.
 */
export interface Dek {
  /** `generated`: may encrypt, once claimed. `unwrapped`: decrypts only. */
  readonly origin: 'generated' | 'unwrapped'

  /**
   * Declares what the DEK is used for, before its first use. A generated DEK is claimed once in its life, through any of its handles. The claim of an
   * unwrapped DEK belongs to its handle: handles of one key can serve several purposes side by side, each one purpose, which it may claim repeatedly.
   *
   * A DEK that {@link Dek.deriveDek} returned is claimed for the purpose that it was derived for (`envelopes`: the caller writes the IVs, under a key for
   * one message; `fields`: the DEK does) or for `records`.
   *
   * @throws `DEK_CLAIMED` if it was claimed before, for an unwrapped DEK only if that was for another purpose; also if it was derived for another purpose.
   * @throws TypeError for another purpose than these three.
   * @throws RangeError if a limit is not a whole number from 1 to its ceiling.
   */
  claim(purpose: DekPurpose, options?: DekClaimOptions): void

  /**
   * Encrypts regions of `slab` in place with AES-256-GCM and no additional data. Synchronous; all regions are checked before the first is sealed.
   *
   * @param slab - owned by the caller and changed: the text is replaced by the ciphertext, and the IV (from the key's one counter) and the tag are
   * written. Only under a key that was derived and claimed for `envelopes` does the caller write the IV, before the call.
   * @param regions - four numbers a region, as a `RegionTable` writes them: offset of the 12-byte IV, of the text, its length, offset of the 16-byte tag.
   * Not changed.
   * @param count - the number of regions.
   * @throws `DEK_DECRYPT_ONLY` for an unwrapped DEK; `DEK_CLAIMED` for an unclaimed one, and for the key of an EDEK that is claimed for `envelopes` or
   * `fields`; `DEK_EXHAUSTED` past the limits of the claim (nothing is sealed then); RangeError for a region outside the slab.
   */
  sealRegions(slab: Uint8Array, regions: Uint32Array, count: number): void

  /**
   * Decrypts regions of `slab` in place and verifies their tags. A region that fails is zeroed and flagged; the others are not affected.
   *
   * @param slab - owned by the caller and changed: the ciphertext is replaced by the text.
   * @param regions - as for {@link Dek.sealRegions}.
   * @param count - the number of regions.
   * @param status - one byte a region: 0 verified, 1 failed. Changed.
   * @returns the number of regions that failed.
   * @throws `DEK_CLAIMED` as {@link Dek.sealRegions}; RangeError for a region outside the slab.
   */
  openRegions(slab: Uint8Array, regions: Uint32Array, count: number, status: Uint8Array): number

  /**
   * Derives another DEK of the same origin with HKDF-SHA-256 (RFC 5869). The caller owns the new handle, and claims it again. An unclaimed DEK is thereby
   * claimed for `envelopes`.
   *
   * The info of the derivation begins with a label of the purpose, so two purposes never derive the same key:
   *
   * ```abnf
   * label   = "keyfold " purpose " 1" %x00
   * purpose = "envelopes" / "fields"
   * hkdf-info = label 32OCTET               ; SHA-256 of the caller's info
   * ```
   *
   * Deriving from a generated DEK with the same salt and info, while a handle of the derived key exists, returns another handle of that key: it has one
   * claim and one counter.
   *
   * @param salt - for a generated DEK fresh random bytes, at least 16: the derived key has a counter of its own. Neither kept nor changed.
   * @param info - at most 1,024 bytes. Neither kept nor changed.
   * @throws `DEK_CLAIMED` if this DEK is claimed for `records`, or was itself derived: one key is never both a cipher's and a derivation's.
   */
  deriveDek(salt: Uint8Array, info: Uint8Array): Dek

  /** Returns an independent handle of the same key, which its receiver must destroy. A handle of an unwrapped key is not claimed yet. */
  lease(): Dek

  /** Ends this handle. Idempotent. The key is released with its last handle. */
  destroy(): void

  /** The same as {@link Dek.destroy}. */
  [Symbol.dispose](): void
}
