import { ByteFormatError } from '@keyfold/kms-api/bytes'

/** Bytes of a record that are not of the format. Becomes the `RecordError` of the same kind, with the record's place. */
export class WireError extends Error {
  readonly kind: 'malformed' | 'unsupported' | 'too-large'

  constructor(kind: WireError['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/** Runs `parse`; bytes that end too early or numbers that are too long make it malformed, whatever else it throws is a fault of ours. */
export function parsing<T>(what: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw asMalformed(what, error)
  }
}

/** What {@link parsing} throws for `error`, for code that runs for each record and saves a closure. */
export function asMalformed(what: string, error: unknown): unknown {
  return error instanceof ByteFormatError
    ? new WireError('malformed', `the ${what} ends too early or holds a number out of range`)
    : error
}
