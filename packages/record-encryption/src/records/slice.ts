/** A synchronous slice is at most this many records … */
export const SLICE_RECORDS = 512
/** … or this many bytes, and one record at least; then other work runs. */
const SLICE_BYTES = 1 << 20
/** Records share memory of about this size, so that one which an application keeps never pins a whole batch. */
export const SLAB_BYTES = 1 << 16
/** A header takes about as long as this many bytes. */
export const HEADER_COST = 64

/** Checking a record takes so much less time than encrypting it that a slice has room for this many. */
const MAX_LOOKS = 8_192
/** Rejecting a record takes about as long as this many bytes, mostly because of an exception. */
export const REJECTION_COST = 8_192

/** The used part of a synchronous slice. */
export class Slice {
  readonly #maxRecords: number
  #records = 0
  #bytes = 0

  constructor(maxRecords = SLICE_RECORDS) {
    this.#maxRecords = maxRecords
  }

  /** Returns whether the slice must end before the next record. */
  get full(): boolean {
    return this.#records >= this.#maxRecords || this.#bytes >= SLICE_BYTES
  }

  /** Counts a record that takes as long as `bytes`, unless the slice has no room for it. The first always has. */
  take(bytes: number): boolean {
    if (this.#records > 0 && (this.full || this.#bytes + bytes > SLICE_BYTES)) return false
    this.#records++
    this.#bytes += bytes
    return true
  }

  /** Counts work whose size is known only afterwards. */
  add(bytes: number): void {
    this.#bytes += bytes
  }
}

/** A loop that looks at the records of a call, cut into slices. The first slice runs at once, so that a small call needs no turn of the event loop. */
export class SlicedLoop {
  readonly #count: number
  readonly #step: (index: number) => number
  #next = 0

  /** @param step - does the work for one record, and returns how long it took beside looking at it, in bytes. */
  constructor(count: number, step: (index: number) => number) {
    this.#count = count
    this.#step = step
  }

  /** Runs the next slice. Returns whether it was the last. */
  runSlice(): boolean {
    const slice = new Slice(MAX_LOOKS)
    while (this.#next < this.#count) {
      if (slice.full) return false
      slice.take(0)
      slice.add(this.#step(this.#next++))
    }
    return true
  }
}
