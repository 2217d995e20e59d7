import { randomBytes } from 'node:crypto'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption, type RecordEncryption } from '@keyfold/record-encryption'

import { bareInput, bareOpen, bareSeal, naiveOpen, naiveSeal } from './loops.ts'
import { measure, median, type Variant } from './measure.ts'

export const TOPIC = 'payments'
const BATCH = 500
const BATCHES = [BATCH, 1, 4, 16]
/** Batches of 500 records in one sample. */
const REPEATS = 300
export const SIZES = [100, 1024, 10_240]

/** One line of the table: microseconds of CPU a record, and ratios; each the median of its rounds. */
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
  const inBatches = async (
    count: number,
    all: readonly unknown[],
    call: (some: never[]) => Promise<unknown>,
  ): Promise<void> => {
    for (let i = 0; i < all.length; i += count) await call(all.slice(i, i + count) as never[])
  }
  const encrypt = (some: typeof records): Promise<unknown> => encryption.encrypt(TOPIC, some)
  const decrypt = (some: typeof sealed): Promise<unknown> => encryption.decrypt(TOPIC, some)
  const repeats = size > 5_000 ? REPEATS / 2 : REPEATS
  const variants: Variant[] = [
    {
      name: 'bare encrypt',
      repeats,
      run: () => {
        bareSeal(values)
      },
    },
    {
      name: 'bare decrypt',
      repeats,
      run: () => {
        bareOpen(bare)
      },
    },
    {
      name: 'naive encrypt',
      repeats,
      run: () => {
        naiveSeal(records)
      },
    },
    {
      name: 'naive decrypt',
      repeats,
      run: () => {
        naiveOpen(naive)
      },
    },
    ...BATCHES.flatMap((count) => {
      // Small batches are slow: a few of them are garbage enough.
      const times = count === BATCH ? repeats : repeats / 4
      return [
        { name: `encrypt ${count}`, repeats: times, run: () => inBatches(count, records, encrypt) },
        { name: `decrypt ${count}`, repeats: times, run: () => inBatches(count, sealed, decrypt) },
      ]
    }),
  ]
  const times = await measure(variants, { rounds, records: BATCH })
  await encryption.close()
  return variants.map(({ name: operation }) => {
    const kind = operation.includes('encrypt') ? 'encrypt' : 'decrypt'
    const own = timesOf(times, operation)
    const to = (other: string): number =>
      median(own.map((micros, round) => micros / (timesOf(times, `${other} ${kind}`)[round] as number)))
    return { size, operation, micros: median(own), toBare: to('bare'), toNaive: to('naive') }
  })
}

function timesOf(times: ReadonlyMap<string, readonly number[]>, name: string): readonly number[] {
  return times.get(name) as readonly number[]
}
