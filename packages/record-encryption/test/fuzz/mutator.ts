import { Buffer } from 'node:buffer'

/** The seed of this run. A failure prints it; `KEYFOLD_SEED=… vitest run` runs the same inputs again. */
export const SEED = Number(process.env['KEYFOLD_SEED'] ?? Date.now() & 0x7fffffff)

/** Bytes that mean something somewhere: lengths at their limits, long forms of small numbers, magic, markers. */
const TOKENS: readonly Uint8Array[] = [
  [0x00],
  [0x01],
  [0x02],
  [0x03],
  [0x05],
  [0x7f],
  [0x80],
  [0xff],
  [0x80, 0x00],
  [0x80, 0x80, 0x80, 0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xfe, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80],
  [0xff, 0xff, 0x01],
  [0x80, 0x80, 0x02],
  [0x4b, 0x46, 0x01],
  [0x01, 0x01, 0x74],
  [0x04, 0x00],
  [0x06, 0x22, 0x01],
  [0x80, 0x0c],
  [0x60, 0x0c],
  [0x01, 0x80, 0x0c],
  [0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb, 0xbf],
].map((bytes) => Uint8Array.from(bytes))

const LONGEST = 1200

/** Makes inputs out of a corpus: some untouched, most changed in a few places, some of noise alone. */
export class Mutator {
  readonly #corpus: readonly Uint8Array[]
  #state: number

  constructor(corpus: readonly Uint8Array[], seed: number) {
    this.#corpus = corpus
    this.#state = seed
  }

  next(): Uint8Array {
    if (this.below(10) === 0) return this.#noise(this.below(64))
    let bytes = this.#pick(this.#corpus)
    if (bytes.length > LONGEST) bytes = bytes.subarray(0, LONGEST)
    for (let changes = this.below(5); changes > 0; changes--) bytes = this.#change(bytes)
    // Memory of its own: a reader that strays beyond the end finds nothing.
    return Uint8Array.from(bytes)
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!
  }

  #noise(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  #change(bytes: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1)
    const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)]
    switch (this.below(7)) {
      case 0:
        return Buffer.concat([before, behind.map((byte, i) => (i === 0 ? byte ^ (1 << this.below(8)) : byte))])
      case 1:
        return before
      case 2:
        return Buffer.concat([before, this.#pick(TOKENS), behind])
      case 3:
        return Buffer.concat([before, this.#pick(TOKENS), behind.subarray(1)])
      case 4:
        return Buffer.concat([before, behind.subarray(this.below(8))])
      case 5:
        return Buffer.concat([before, this.#noise(1 + this.below(4)), behind])
      default: {
        const other = this.#pick(this.#corpus)
        return Buffer.concat([before, other.subarray(this.below(other.length + 1))])
      }
    }
  }
}
