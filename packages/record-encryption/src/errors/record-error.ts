import { describePlace, type RecordErrorDetails } from './describe-place.ts'

export type { RecordErrorDetails } from './describe-place.ts'

/** The stable codes of {@link RecordError}. Each rejects one record; an outage never causes one. */
export type RecordErrorCode =
  | 'RECORD_MALFORMED'
  | 'RECORD_UNSUPPORTED'
  | 'RECORD_AUTHENTICATION'
  | 'RECORD_BINDING'
  | 'RECORD_PLAINTEXT'
  | 'RECORD_MARKED'
  | 'RECORD_NESTED'
  | 'RECORD_TOMBSTONE'
  | 'RECORD_KEK_UNTRUSTED'
  | 'RECORD_EDEK_INVALID'
  | 'RECORD_KEY_GONE'
  | 'RECORD_KEY_AHEAD'
  | 'RECORD_DISTRUSTED'
  | 'RECORD_TOO_LARGE'
  | 'RECORD_NO_RULE'

const MARK = Symbol.for('@keyfold/record-encryption/RecordError')

/** Reports that a record was rejected. Distinguish rejections by `code`; the message begins with code and place. Never holds a value, a key or an EDEK. */
export class RecordError extends Error {
  override readonly name: string = 'RecordError'
  readonly code: RecordErrorCode
  readonly topic: string
  /** Position in the array that was passed in; -1 when the error is about the topic. */
  readonly index: number
  // "declare", here and below: unknown fields are absent rather than undefined, so that they are not printed.
  declare readonly partition?: number | undefined
  /** The value in the record. */
  declare readonly offset?: number | bigint | string | undefined

  /** @param text - the description; code and place precede it. */
  constructor(code: RecordErrorCode, text: string, details: RecordErrorDetails) {
    super(
      `${code} ${describePlace(details)}: ${text}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    )
    this.code = code
    this.topic = details.topic
    this.index = details.index
    if (details.partition !== undefined) this.partition = details.partition
    if (details.offset !== undefined) this.offset = details.offset
  }

  static {
    Object.defineProperty(this.prototype, MARK, { value: true })
  }
}

/** Reports that the record was written for another topic, key, partition or set of headers than it was read with. */
export class RecordBindingError extends RecordError {
  override readonly name = 'RecordBindingError'
  /** The field that differs; `trailer` if binding is required and the record has no trailer. */
  readonly field: 'topic' | 'key' | 'partition' | 'headers' | 'trailer'
  /** The topic that the record was written for; absent if the trailer names none. */
  declare readonly boundTopic?: string | undefined

  constructor(
    field: RecordBindingError['field'],
    boundTopic: string | undefined,
    message: string,
    details: RecordErrorDetails,
  ) {
    super('RECORD_BINDING', message, details)
    this.field = field
    if (boundTopic !== undefined) this.boundTopic = boundTopic
  }
}

/** Returns whether `error` is a {@link RecordError}, of this copy of the package or another, and of `code` where one is given. */
export function isRecordError(error: unknown, code?: RecordErrorCode): error is RecordError {
  return (
    error instanceof Error &&
    (error as unknown as Record<symbol, unknown>)[MARK] === true &&
    (code === undefined || (error as RecordError).code === code)
  )
}
