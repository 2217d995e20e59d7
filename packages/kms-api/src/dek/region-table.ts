/** Numbers a region: offset of the IV, offset of the text, length of the text, offset of the tag. */
const FIELDS = 4

interface Counting {
  count: number
}

/**
 * A table of regions, for {@link Dek.sealRegions} and {@link Dek.openRegions}: where in a slab the 12-byte IV, the text and the 16-byte tag of each are.
 *
 * ```ts
 * const table = RegionTable.ofCapacity(1)
 * table.add(0, 12, text.length, 12 + text.length)
 * dek.sealRegions(slab, table.numbers, table.count)
 * ```
 */
export class RegionTable {
  /** Four numbers a region. The memory of the table itself, not a copy. */
  readonly numbers: Uint32Array
  /** The number of regions in the table. No private field: tables of two installed copies of this package stay assignable to each other. */
  readonly count: number

  /**
   * @param numbers - four a region; kept and written.
   * @param count - how many regions there are already.
   */
  constructor(numbers: Uint32Array, count = 0) {
    this.numbers = numbers
    this.count = count
  }

  /** Creates an empty table with room for `capacity` regions. */
  static ofCapacity(capacity: number): RegionTable {
    return new RegionTable(new Uint32Array(capacity * FIELDS))
  }

  /** How many regions there is room for. */
  get capacity(): number {
    return Math.floor(this.numbers.length / FIELDS)
  }

  /** Empties the table; its memory is used again. */
  clear(): void {
    ;(this as Counting).count = 0
  }

  /** Adds a region. @throws RangeError if there is no room for it. */
  add(ivOffset: number, textOffset: number, textLength: number, tagOffset: number): void {
    const { numbers } = this
    const at = FIELDS * this.count
    // Past the end of a typed array a write is dropped without a word.
    if (at + FIELDS > numbers.length) throw new RangeError(`the table of capacity ${this.capacity} is full`)
    numbers[at] = ivOffset
    numbers[at + 1] = textOffset
    numbers[at + 2] = textLength
    numbers[at + 3] = tagOffset
    ;(this as Counting).count++
  }

  ivOffset(i: number): number {
    return this.numbers[FIELDS * i] as number
  }

  textOffset(i: number): number {
    return this.numbers[FIELDS * i + 1] as number
  }

  textLength(i: number): number {
    return this.numbers[FIELDS * i + 2] as number
  }

  tagOffset(i: number): number {
    return this.numbers[FIELDS * i + 3] as number
  }

  /** Returns the numbers of the regions from `from` to before `to`: a view, not a copy. */
  range(from: number, to: number): Uint32Array {
    return this.numbers.subarray(FIELDS * from, FIELDS * to)
  }
}
