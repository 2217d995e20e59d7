import { writeUvarint, writeZvarint } from './varint.ts'

/** Writes bytes front to back into a range of an array, never past its end. Compute the length first: it does not grow. */
export class ByteWriter {
  readonly #bytes: Uint8Array
  #position: number

  /**
   * @param bytes - owned by the caller and changed.
   * @param start - where writing starts, by default 0.
   * @throws RangeError when `start` is not inside `bytes`.
   */
  constructor(bytes: Uint8Array, start = 0) {
    if (!Number.isInteger(start) || start < 0 || start > bytes.length) {
      throw new RangeError(`"start" expected an index inside ${bytes.length} bytes, got ${start}`)
    }
    this.#bytes = bytes
    this.#position = start
  }

  /** The index, in the array, of the byte that is written next. */
  get position(): number {
    return this.#position
  }

  /** The number of bytes with room left. */
  get remaining(): number {
    return this.#bytes.length - this.#position
  }

  /** Returns the written bytes, from the array's first byte: a view of the caller's bytes, not a copy. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#position)
  }

  /** Writes one byte, signed or not. @throws RangeError when there is no room, or `value` is no byte. */
  u8(value: number): this {
    if (!Number.isInteger(value) || value < -128 || value > 255)
      throw new RangeError(`"value" expected a byte, got ${value}`)
    this.#bytes[this.#room(1)] = value
    return this
  }

  /** Writes a signed 32-bit number, big-endian. @throws RangeError when there is no room, or `value` is another number. */
  i32(value: number): this {
    if ((value | 0) !== value) throw new RangeError(`"value" expected a signed 32-bit whole number, got ${value}`)
    const at = this.#room(4)
    for (let i = 0; i < 4; i++) this.#bytes[at + i] = value >>> (24 - 8 * i)
    return this
  }

  /** Writes a UV in its shortest form. @throws RangeError as {@link writeUvarint}. */
  uvarint(value: number): this {
    this.#position = writeUvarint(this.#bytes, this.#position, value)
    return this
  }

  /** Writes a ZV in its shortest form. @throws RangeError as {@link writeZvarint}. */
  zvarint(value: number): this {
    this.#position = writeZvarint(this.#bytes, this.#position, value)
    return this
  }

  /** Copies `bytes`. @throws RangeError when there is no room. */
  bytes(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#room(bytes.length))
    return this
  }

  #room(length: number): number {
    const start = this.#position
    if (length > this.#bytes.length - start)
      throw new RangeError(`"bytes" expected room for ${length} bytes, got ${this.remaining}`)
    this.#position = start + length
    return start
  }
}
