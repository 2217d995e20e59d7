import { randomFillSync } from 'node:crypto'

/** Bytes of an IV (NIST SP 800-38D section 5.2.1.1). */
export const IV_LENGTH = 12

/**
 * IVs of one key: a 96-bit big-endian counter from a random start (NIST SP 800-38D section 8.2.2). The start is the first IV; the
 * sequence repeats after 2^96 IVs, far beyond the limits of a DEK.
 */
export class IvSequence {
  /** The next IV, changed in place. */
  readonly #next: Uint8Array

  /** @param start - 12 bytes, copied; for tests. Fresh from the kernel-seeded generator by default. */
  constructor(start?: Uint8Array) {
    this.#next = new Uint8Array(new ArrayBuffer(IV_LENGTH))
    if (start === undefined) randomFillSync(this.#next)
    else this.#next.set(start)
  }

  /** Writes the next IV at `offset` of `target` and increments the counter. */
  take(target: Uint8Array, offset: number): void {
    const next = this.#next
    target.set(next, offset)
    // A typed array wraps at 256, so that a byte which became 0 carries into the one before it.
    for (let i = IV_LENGTH - 1; i >= 0; i--) {
      next[i] = (next[i] as number) + 1
      if (next[i] !== 0) return
    }
  }
}
