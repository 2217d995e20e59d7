import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import { isEndRecord, verifyEndRecord } from './end-record.ts'
import { NdjsonError } from './ndjson-error.ts'
import { asBuffer } from './views.ts'

/** One line of the input, without its line end. */
export interface Line {
  /** From 1; blank lines count. */
  readonly line: number
  /** A view of the stream's chunk or of a copy of its own; never used again by the reader. */
  readonly bytes: Uint8Array
}

/** Options of `readLines`. */
export interface ReadLinesOptions {
  /** Longest line that is accepted, line end not counted. */
  readonly maxLineBytes: number
  /** Whether input without an end record is rejected as cut off. Default false. */
  readonly requireEndRecord?: boolean | undefined
  /** Called when an end record was read and is right. */
  readonly onEndRecord?: ((end: { readonly records: number }) => void) | undefined
}

const LF = 0x0a
const CR = 0x0d
/** What the start of a line may have beyond the limit before it is known: a byte order mark and a CR. */
const SLACK = 4

/** What one chunk gave: its lines, and why no more can follow. */
export interface Split {
  readonly lines: Line[]
  readonly failure?: NdjsonError | undefined
}

/** Cuts chunks into lines and checks the end record. Keeps no more than the start of one line, never longer than the limit. */
export class LineSplitter {
  readonly #options: ReadLinesOptions
  readonly #hash = createHash('sha256')
  #line = 0
  #records = 0
  #ended = false
  /** Start of a line that goes on in the next chunk: a view of its chunk until it has to grow. */
  #carry: Buffer = Buffer.alloc(0)
  #carried = 0

  constructor(options: ReadLinesOptions) {
    this.#options = options
  }

  /** Takes a chunk. The lines before a failure are still good, wherever the chunks were cut. */
  push(chunk: Uint8Array): Split {
    return collect((lines) => {
      this.#split(asBuffer(chunk), lines)
    })
  }

  /** Takes the end of the input: the last line may lack its line end. */
  end(): Split {
    return collect((lines) => {
      if (this.#carried > 0) {
        const line = this.#takeCarry()
        if (isEndRecord(line)) this.#close(line)
        else this.#emit(line, lines)
      }
      if (this.#options.requireEndRecord === true && !this.#ended) {
        this.#line++
        throw this.#failure(
          '"keyfoldEnd" expected an end record as the last line, got the end of the input; it was cut off',
        )
      }
    })
  }

  #split(chunk: Buffer, lines: Line[]): void {
    if (this.#ended && chunk.length > 0) throw this.#behindEnd()
    let start = 0
    // Hashed up to here. One update a chunk: each call costs as much as a short line.
    let hashed = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, start)) {
      const carried = this.#carried > 0
      if (carried) this.#append(chunk.subarray(0, at))
      const line = carried ? this.#takeCarry() : chunk.subarray(start, at)
      if (isEndRecord(line)) {
        this.#hash.update(chunk.subarray(hashed, carried ? 0 : start))
        this.#close(line)
        if (at + 1 < chunk.length) throw this.#behindEnd()
        return
      }
      if (carried) {
        this.#hash.update(line)
        hashed = at
      }
      this.#emit(line, lines)
      start = at + 1
    }
    this.#hash.update(chunk.subarray(hashed, start))
    if (start < chunk.length) this.#append(chunk.subarray(start))
  }

  #emit(raw: Buffer, lines: Line[]): void {
    this.#line++
    let bytes = raw
    if (this.#line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3)
    if (bytes.at(-1) === CR) bytes = bytes.subarray(0, -1)
    if (bytes.length > this.#options.maxLineBytes) throw this.#tooLong()
    if (isBlank(bytes)) return
    this.#records++
    lines.push({ line: this.#line, bytes })
  }

  #append(piece: Buffer): void {
    const length = this.#carried + piece.length
    if (length > this.#options.maxLineBytes + SLACK) {
      this.#line++
      throw this.#tooLong()
    }
    if (this.#carried === 0) {
      this.#carry = piece
    } else {
      if (length > this.#carry.length) {
        const grown = Buffer.allocUnsafeSlow(
          Math.min(Math.max(length, 2 * this.#carried), this.#options.maxLineBytes + SLACK),
        )
        grown.set(this.#carry.subarray(0, this.#carried))
        this.#carry = grown
      }
      this.#carry.set(piece, this.#carried)
    }
    this.#carried = length
  }

  #takeCarry(): Buffer {
    const line = this.#carry.subarray(0, this.#carried)
    this.#carry = Buffer.alloc(0)
    this.#carried = 0
    return line
  }

  #close(raw: Buffer): void {
    this.#line++
    this.#ended = true
    const seen = { records: this.#records, sha256: this.#hash.digest('hex') }
    verifyEndRecord(raw.toString('latin1').replace(/\r$/, ''), this.#line, seen)
    this.#options.onEndRecord?.({ records: this.#records })
  }

  #tooLong(): NdjsonError {
    const limit = this.#options.maxLineBytes
    return this.#failure(`"line" expected at most ${limit} bytes, got more; --max-line raises the limit`)
  }

  #behindEnd(): NdjsonError {
    this.#line++
    return this.#failure('"keyfoldEnd" expected to be the last line, got more input behind it')
  }

  #failure(message: string): NdjsonError {
    return new NdjsonError(message, { line: this.#line, scope: 'stream' })
  }
}

function collect(fill: (lines: Line[]) => void): Split {
  const lines: Line[] = []
  try {
    fill(lines)
    return { lines }
  } catch (error) {
    if (error instanceof NdjsonError) return { lines, failure: error }
    throw error
  }
}

/** Nothing but JSON's whitespace. Stops at the first other byte, which is mostly the first. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR)
}
