import { randomBytes } from 'node:crypto'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption, type RecordEncryption } from '@keyfold/record-encryption'

import { bareInput, bareOpen, bareSeal, naiveOpen, naiveSeal } from './loops.ts'
import { measure } from './measure.ts'

export const TOPIC = 'payments'
const BATCH = 500
const SMALL_BATCHES = [1, 4, 16]
export const SIZES = [100, 1024, 10_240]

/** One line of the table: microseconds of CPU a record, and their ratios. */
export interface Row {
  readonly size: number
  readonly operation: string
  readonly micros: number
  readonly toBare: number
  readonly toNaive: number
}

/** Makes record encryption over a KMS in this process, so that no network is measured. */
export async function benchEncryption(): Promise<RecordEncryption> {
  const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'KEK-payments' }] })
  return createRecordEncryption({ kms, topics: [{ match: TOPIC, kek: 'KEK-$(topicName)' }] })
}

/** Records of one size, with a key and without headers. */
export function benchRecords(size: number, count = BATCH): { key: Uint8Array; value: Uint8Array; headers: [] }[] {
  return Array.from({ length: count }, () => ({ key: randomBytes(16), value: randomBytes(size), headers: [] as [] }))
}

/** Measures one size. */
export async function benchSize(size: number, rounds: number): Promise<Row[]> {
  const encryption = await benchEncryption()
  const records = benchRecords(size)
  const sealed = await encryption.encrypt(TOPIC, records)
  const values = records.map(({ value }) => value)
  const bare = bareInput(values)
  const naive = naiveSeal(records)
  const inBatches = async (count: number, all: readonly unknown[], call: (some: never[]) => Promise<unknown>): Promise<void> => {
    for (let i = 0; i < all.length; i += count) await call(all.slice(i, i + count) as never[])
  }
  const encrypt = (some: typeof records): Promise<unknown> => encryption.encrypt(TOPIC, some)
  const decrypt = (some: typeof sealed): Promise<unknown> => encryption.decrypt(TOPIC, some)
  const times = await measure(
    [
      { name: 'bare encrypt', run: () => { bareSeal(values) } },
      { name: 'bare decrypt', run: () => { bareOpen(bare) } },
      { name: 'naive encrypt', run: () => { naiveSeal(records) } },
      { name: 'naive decrypt', run: () => { naiveOpen(naive) } },
      { name: `encrypt ${BATCH}`, run: () => inBatches(BATCH, records, encrypt) },
      { name: `decrypt ${BATCH}`, run: () => inBatches(BATCH, sealed, decrypt) },
      ...SMALL_BATCHES.flatMap((count) => [
        { name: `encrypt ${count}`, run: () => inBatches(count, records, encrypt) },
        { name: `decrypt ${count}`, run: () => inBatches(count, sealed, decrypt) },
      ]),
    ],
    { rounds, repeats: size > 5_000 ? 30 : 60, records: BATCH },
  )
  await encryption.close()
  return [...times].map(([operation, micros]) => {
    const kind = operation.includes('encrypt') ? 'encrypt' : 'decrypt'
    return { size, operation, micros, toBare: micros / (times.get(`bare ${kind}`) ?? NaN), toNaive: micros / (times.get(`naive ${kind}`) ?? NaN) }
  })
}
