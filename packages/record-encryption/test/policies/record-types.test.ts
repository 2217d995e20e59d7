import { describe, expectTypeOf, it } from 'vitest'

import type {
  DecryptedInfo,
  DecryptedRecord,
  DecryptErrorHandler,
  EncryptedRecord,
  KafkaRecord,
  RecordEncryption,
  RecordEncryptionOptions,
  RecordError,
  RecordHeader,
} from '../../src/index.ts'

interface Fetched extends KafkaRecord {
  readonly source: 'fetch'
  readonly offset: string
  readonly timestamp: string
}
interface Replayed extends KafkaRecord {
  readonly source: 'file'
  readonly line: number
}

describe('types of records', () => {
  it('keep the members of each kind of a union', () => {
    expectTypeOf<DecryptedRecord<Fetched | Replayed>>().toEqualTypeOf<
      DecryptedRecord<Fetched> | DecryptedRecord<Replayed>
    >()
    expectTypeOf<EncryptedRecord<Fetched | Replayed>>().toEqualTypeOf<
      EncryptedRecord<Fetched> | EncryptedRecord<Replayed>
    >()
    const lineOf = (record: DecryptedRecord<Fetched | Replayed>): number | string =>
      record.source === 'file' ? record.line : record.timestamp
    const sentLineOf = (record: EncryptedRecord<Fetched | Replayed>): number | string =>
      record.source === 'file' ? record.line : record.offset
    expectTypeOf(lineOf).returns.toEqualTypeOf<number | string>()
    expectTypeOf(sentLineOf).returns.toEqualTypeOf<number | string>()
  })

  it('know value and headers of an empty array', () => {
    expectTypeOf<DecryptedRecord<never>>().toEqualTypeOf<DecryptedRecord<KafkaRecord>>()
    expectTypeOf<EncryptedRecord<never>>().toEqualTypeOf<EncryptedRecord<KafkaRecord>>()
  })

  it('say what decrypt and encrypt give of a union', () => {
    const decrypt = (encryption: RecordEncryption, records: readonly (Fetched | Replayed)[]) =>
      encryption.decrypt('t', records)
    expectTypeOf(decrypt).returns.resolves.items.toEqualTypeOf<DecryptedRecord<Fetched> | DecryptedRecord<Replayed>>()
    expectTypeOf<DecryptedRecord<Fetched>['value']>().toEqualTypeOf<Uint8Array | null>()
    expectTypeOf<DecryptedRecord<Fetched>['headers']>().toEqualTypeOf<readonly RecordHeader[]>()
    expectTypeOf<DecryptedRecord<Fetched>['keyfold']>().toEqualTypeOf<DecryptedInfo>()
    expectTypeOf<DecryptedRecord<Fetched>['offset']>().toEqualTypeOf<string>()
  })
})

describe('types of onDecryptError', () => {
  type Handling = NonNullable<RecordEncryptionOptions['onDecryptError']>

  it('accept handlers over the type of the record, and over all records', () => {
    const same: DecryptErrorHandler = (record) => record
    const changed: DecryptErrorHandler = (record) => ({ ...record, value: null })
    const partial: DecryptErrorHandler = () => ({ value: null })
    const later: DecryptErrorHandler = async (_, { code }) =>
      Promise.resolve(code === 'RECORD_BINDING' ? undefined : {})
    const concrete = (record: KafkaRecord, error: RecordError): KafkaRecord | undefined =>
      error.index > 0 ? record : undefined
    function generic<R extends KafkaRecord>(record: R): R {
      return record
    }
    expectTypeOf([same, changed, partial, later]).items.toExtend<Handling>()
    expectTypeOf(concrete).toExtend<Handling>()
    expectTypeOf(generic).toExtend<Handling>()
  })

  it('do not accept a replacement that is no record', () => {
    // @ts-expect-error a value is bytes or null
    const text: DecryptErrorHandler = () => ({ value: 'text' })
    // @ts-expect-error null is no record; undefined leaves the record out
    const nothing: DecryptErrorHandler = () => null
    expectTypeOf([text, nothing]).items.toExtend<Handling>()
  })
})
