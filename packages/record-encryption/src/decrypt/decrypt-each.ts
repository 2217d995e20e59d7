import type { Clock, Logger } from '@keyfold/kms-api'

import type { CallOptions, KafkaRecord, RecordEncryption } from '../types.ts'
import type { DecryptOutcomes, SettlePolicies } from './decrypt-outcomes.ts'

/** Names the method of record encryption that {@link decryptEach} calls. Registered, so that another entry or copy of the package finds it too. */
export const DECRYPT_OUTCOMES: unique symbol = Symbol.for('@keyfold/record-encryption/decryptOutcomes') as never

/** Names the member of record encryption that {@link adapterContextOf} returns. */
export const ADAPTER_CONTEXT: unique symbol = Symbol.for('@keyfold/record-encryption/adapterContext') as never

/** The policies, clock and logger of an instance, for adapters. */
export interface AdapterContext {
  readonly policies: SettlePolicies
  readonly clock: Clock
  readonly logger: Logger | undefined
}

interface DecryptsEach {
  readonly [ADAPTER_CONTEXT]: AdapterContext
  [DECRYPT_OUTCOMES]<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<DecryptOutcomes<R>>
}

/**
 * Decrypts records of one topic, and lets the caller settle each rejection. For the Kafka adapters of this package.
 *
 * @throws the errors of {@link RecordEncryption.decrypt}, except those about a single record.
 * @throws TypeError for an `encryption` that `createRecordEncryption` did not make.
 */
export async function decryptEach<R extends KafkaRecord>(
  encryption: RecordEncryption,
  topic: string,
  records: readonly R[],
  options?: CallOptions,
): Promise<DecryptOutcomes<R>> {
  if (typeof (encryption as Partial<DecryptsEach>)[DECRYPT_OUTCOMES] !== 'function')
    throw new TypeError('"encryption" expected the result of createRecordEncryption()')
  return (encryption as unknown as DecryptsEach)[DECRYPT_OUTCOMES](topic, records, options)
}

/**
 * Returns the policies, the clock and the logger of an instance. For the Kafka adapters of this package.
 *
 * @throws TypeError for an `encryption` that `createRecordEncryption` did not make.
 */
export function adapterContextOf(encryption: RecordEncryption): AdapterContext {
  const context = (encryption as Partial<DecryptsEach> | undefined)?.[ADAPTER_CONTEXT]
  if (context === undefined) throw new TypeError('"encryption" expected the result of createRecordEncryption()')
  return context
}
