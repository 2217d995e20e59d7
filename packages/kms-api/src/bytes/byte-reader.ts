import { ByteFormatError } from './byte-format-error.ts'

/**
 * Reads a range of bytes front to back, never past its end. Reading a number allocates nothing, and no number that is read ever allocates:
 * {@link ByteReader.take} gives a view. Reuse one instance with {@link ByteReader.reset} on hot paths.
 *
 * ```abnf
 * UV = 0*4( %x80-FF ) %x00-7F   ; 7 bits a byte, least significant first
 * ZV = UV                       ; of (n << 1) ^ (n >> 31)
 * ```
 *
 * @see Kafka's `org.apache.kafka.common.utils.ByteUtils`, whose rules `uvarint` and `zvarint` follow.
 */
export class ByteReader {
  #bytes: Uint8Array
  #position = 0
  #end = 0

  /**
   * @param bytes - borrowed until the next {@link ByteReader.reset}, never changed.
   * @param start - where reading starts, by default 0.
   * @param end - where it ends, exclusive, by default the end of `bytes`.
   * @throws RangeError when the range is not inside `bytes`.
   */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.reset(bytes, start, end)
  }

  /** Starts again with other bytes; the parameters are those of the constructor. */
  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > bytes.length) {
      throw new RangeError(`"start" and "end" expected a range inside ${bytes.length} bytes, got ${start} to ${end}`)
    }
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  /** The index, in the array, of the byte that is read next. */
  get position(): number {
    return this.#position
  }

  /** The number of bytes left. */
  get remaining(): number {
    return this.#end - this.#position
  }

  /** Reads an unsigned byte. @throws ByteFormatError `underflow`. */
  u8(): number {
    if (this.#position >= this.#end) throw new ByteFormatError('underflow')
    return this.#bytes[this.#position++] as number
  }

  /** Reads a signed byte. @throws ByteFormatError `underflow`. */
  i8(): number {
    return (this.u8() << 24) >> 24
  }

  /** Reads a signed 32-bit number, big-endian. @throws ByteFormatError `underflow`. */
  i32(): number {
    const at = this.skip(4)
    const bytes = this.#bytes
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    )
  }

  /**
   * Reads a UV by Java's rules: a longer form than needed is accepted, bits beyond 32 are dropped, and the result is a signed 32-bit number,
   * so that 2^31 and up read as negative.
   *
   * @throws ByteFormatError `underflow`; `too-long` when a fifth byte says that a sixth follows.
   */
  uvarint(): number {
    let byte = this.u8()
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = this.u8()
      if (shift === 28 && byte > 0x7f) throw new ByteFormatError('too-long')
      value |= (byte & 0x7f) << shift
    }
    return value
  }

  /** Reads a ZV by Java's rules: a signed 32-bit number. @throws ByteFormatError as {@link ByteReader.uvarint}. */
  zvarint(): number {
    const value = this.uvarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /**
   * Reads a UV that has one form only: the shortest, from 0 to 2^31 - 1.
   *
   * @throws ByteFormatError `underflow`, `too-long`, `not-minimal`, `out-of-range`.
   */
  minimalUvarint(): number {
    const start = this.#position
    const value = this.uvarint()
    const length = this.#position - start
    const last = this.#bytes[this.#position - 1] as number
    if (length > 1 && last === 0) throw new ByteFormatError('not-minimal')
    if (length === 5 && last > 0x07) throw new ByteFormatError('out-of-range')
    return value
  }

  /**
   * Reads `length` bytes: a view of the caller's bytes, no copy.
   *
   * @throws ByteFormatError `underflow` when fewer are left, or `length` is negative, as a claimed length may be.
   */
  take(length: number): Uint8Array {
    const start = this.skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  /** Passes `length` bytes by and returns the index of the first. @throws ByteFormatError as {@link ByteReader.take}. */
  skip(length: number): number {
    // The negation also catches NaN.
    if (!(length >= 0 && length <= this.#end - this.#position)) throw new ByteFormatError('underflow')
    const start = this.#position
    this.#position = start + length
    return start
  }
}
