import { type BindingMismatch } from '../binding/binding-verifier.ts'
import {
  RecordBindingError,
  RecordError,
  type RecordErrorCode,
  type RecordErrorDetails,
} from '../errors/record-error.ts'
import type { KafkaRecord } from '../types.ts'
import { WireError } from '../wire/wire-error.ts'

/** Makes the errors that refuse records of one call: all of them name the record's place. */
export class RecordRejections {
  readonly #topic: string
  readonly #records: readonly KafkaRecord[]

  constructor(topic: string, records: readonly KafkaRecord[]) {
    this.#topic = topic
    this.#records = records
  }

  refuse(index: number, code: RecordErrorCode, message: string, cause?: Error): RecordError {
    return new RecordError(code, message, this.#details(index, cause))
  }

  /** Bytes that are not of the format. Everything else that was thrown is a fault of ours and is thrown again. */
  refuseBytes(index: number, error: unknown): RecordError {
    if (!(error instanceof WireError)) throw error
    return this.refuse(index, error.kind === 'malformed' ? 'RECORD_MALFORMED' : 'RECORD_UNSUPPORTED', error.message)
  }

  refuseBinding(index: number, { field, boundTopic, message }: BindingMismatch): RecordBindingError {
    return new RecordBindingError(field, boundTopic, message, this.#details(index))
  }

  #details(index: number, cause?: Error): RecordErrorDetails {
    const { partition, offset } = this.#records[index] as KafkaRecord
    return { topic: this.#topic, index, partition, offset, cause }
  }
}
