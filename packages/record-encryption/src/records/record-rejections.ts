import { RecordBindingError, RecordError, type RecordErrorDetails } from '../errors/record-error.ts'
import type { KafkaRecord } from '../types.ts'
import type { Rejection } from './rejection.ts'

/** Creates the errors of rejected records of one call; each names the record's place. */
export class RecordRejections {
  readonly #topic: string
  readonly #records: readonly Pick<KafkaRecord, 'partition' | 'offset'>[]

  constructor(topic: string, records: readonly Pick<KafkaRecord, 'partition' | 'offset'>[]) {
    this.#topic = topic
    this.#records = records
  }

  /** Returns the error for the record at `index`. */
  errorOf(index: number, { code, message, cause, mismatch }: Rejection): RecordError {
    const { partition, offset } = this.#records[index] ?? {}
    const details: RecordErrorDetails = { topic: this.#topic, index, partition, offset, cause }
    if (mismatch === undefined) return new RecordError(code, message, details)
    return new RecordBindingError(mismatch.field, mismatch.boundTopic, message, details)
  }
}
