/** What a claimed DEK is used for. */
export type DekPurpose = 'records' | 'envelopes'

/** Limits that a claim puts on a DEK, below the ceilings that always hold. */
export interface DekClaimOptions {
  /** Most regions that {@link Dek.sealRegions} seals under this DEK. At most, and by default, 2^32 (NIST SP 800-38D section 8.3). */
  readonly maxRecords?: number | undefined
  /** Most bytes of text that {@link Dek.sealRegions} seals under this DEK. At most, and by default, 2^42. */
  readonly maxBytes?: number | undefined
}

/**
 * A handle of a data encryption key (DEK): AES-256-GCM over regions of a slab, and derivation. It lends no key material.
 *
 * Who receives a handle destroys it; the key goes with its last handle. Using a destroyed handle throws `DEK_DESTROYED`.
 */
export interface Dek {
  /** `generated`: may encrypt, once claimed. `unwrapped`: decrypts only. */
  readonly origin: 'generated' | 'unwrapped'

  /**
   * Says what the DEK is used for, before its first use. A generated DEK is claimed once in its life, whichever handle asks; an unwrapped one
   * any number of times for one purpose.
   *
   * @throws `DEK_CLAIMED` when it was claimed before, or for another purpose, or for records after another DEK was derived of it.
   * @throws TypeError for another purpose than these two.
   * @throws RangeError when a limit is not a whole number from 1 to its ceiling.
   */
  claim(purpose: DekPurpose, options?: DekClaimOptions): void

  /**
   * Encrypts regions of `slab` in place with AES-256-GCM and no additional data. Synchronous; all regions are checked before the first is sealed.
   *
   * @param slab - owned by the caller and changed: the text is replaced by the ciphertext, the tag is written, and, for a DEK that is claimed
   * for records, the IV is written too (from the DEK's one counter). For envelopes the caller has put the IV there.
   * @param regions - four numbers a region: offset of the 12-byte IV, of the text, its length, offset of the 16-byte tag. Not changed.
   * @param count - how many regions.
   * @throws `DEK_DECRYPT_ONLY` for an unwrapped DEK, `DEK_CLAIMED` for an unclaimed one, `DEK_EXHAUSTED` past the limits of the claim
   * (nothing is sealed then), RangeError for a region outside the slab.
   */
  sealRegions(slab: Uint8Array, regions: Uint32Array, count: number): void

  /**
   * Decrypts regions of `slab` in place and verifies their tags. A region that fails is zeroed and flagged; the others are not affected.
   *
   * @param slab - owned by the caller and changed: the ciphertext is replaced by the text.
   * @param regions - as for {@link Dek.sealRegions}.
   * @param count - how many regions.
   * @param status - one byte a region: 0 verified, 1 failed. Changed.
   * @returns how many regions failed.
   * @throws `DEK_CLAIMED` for an unclaimed DEK, RangeError for a region outside the slab.
   */
  openRegions(slab: Uint8Array, regions: Uint32Array, count: number, status: Uint8Array): number

  /**
   * Derives another DEK of the same origin with HKDF-SHA-256 (RFC 5869). The caller owns the new handle, which is not claimed.
   *
   * @param salt - for a generated DEK fresh random bytes, at least 16: the derived key has a counter of its own. Neither kept nor changed.
   * @param info - at most 1,024 bytes. Neither kept nor changed.
   * @throws `DEK_CLAIMED` when this DEK is claimed for records: one key is never both a cipher's and a derivation's.
   */
  deriveDek(salt: Uint8Array, info: Uint8Array): Dek

  /** Gives an independent handle of the same key, which its receiver destroys. */
  lease(): Dek

  /** Ends this handle. Idempotent. The key is released with its last handle. */
  destroy(): void

  /** The same as {@link Dek.destroy}. */
  [Symbol.dispose](): void
}
