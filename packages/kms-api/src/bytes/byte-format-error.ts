/** Reports bytes that could not be read: they end too soon, a varint is longer than 5 bytes or than it has to be, a number is outside of its range. */
export type ByteFormatReason = 'underflow' | 'too-long' | 'not-minimal' | 'out-of-range'

const MESSAGES: Record<ByteFormatReason, string> = {
  underflow: '"bytes" expected more bytes, got the end',
  'too-long': '"varint" expected at most 5 bytes, got more',
  'not-minimal': '"varint" expected its shortest form, got a longer one',
  'out-of-range': '"varint" expected at most 2147483647, got more',
}

/** Bytes are not what a reader expected. Internal: who reads a format turns it into an error of that format. */
export class ByteFormatError extends Error {
  override readonly name = 'ByteFormatError'
  readonly reason: ByteFormatReason

  constructor(reason: ByteFormatReason) {
    super(MESSAGES[reason])
    this.reason = reason
  }
}
