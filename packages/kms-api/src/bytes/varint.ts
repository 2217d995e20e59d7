/**
 * Returns how many bytes {@link writeUvarint} writes: 1 to 5.
 *
 * @param value - a whole number from -2^31 to 2^32 - 1, read as 32 unsigned bits.
 */
export function uvarintLength(value: number): number {
  // clz32 counts the zero bits in front: 0 to 7 bits need one byte, 8 to 14 two, and so on.
  return Math.floor((38 - Math.clz32(value | 1)) / 7)
}

/** Returns how many bytes {@link writeZvarint} writes: 1 to 5. */
export function zvarintLength(value: number): number {
  return uvarintLength(zigZag(value))
}

/**
 * Writes a UV in its shortest form.
 *
 * @param target - owned by the caller and changed.
 * @param value - a whole number from -2^31 to 2^32 - 1, written as 32 unsigned bits.
 * @returns the offset behind the last byte.
 * @throws RangeError for another number, or when `target` has no room.
 */
export function writeUvarint(target: Uint8Array, offset: number, value: number): number {
  if ((value | 0) !== value && value >>> 0 !== value)
    throw new RangeError(`"value" expected a 32-bit whole number, got ${value}`)
  let rest = value >>> 0
  let at = offset
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  // A typed array ignores what is written beside it; one look at the end finds that.
  if (!(offset >= 0 && at <= target.length))
    throw new RangeError(`"offset" expected room for ${at - offset} bytes, got ${offset} of ${target.length}`)
  return at
}

/** Writes a ZV in its shortest form; `value` is a signed 32-bit number. The rest is as for {@link writeUvarint}. */
export function writeZvarint(target: Uint8Array, offset: number, value: number): number {
  if ((value | 0) !== value) throw new RangeError(`"value" expected a signed 32-bit whole number, got ${value}`)
  return writeUvarint(target, offset, zigZag(value))
}

function zigZag(value: number): number {
  return (value << 1) ^ (value >> 31)
}
