import { Buffer } from 'node:buffer'

import { expect, test } from 'vitest'

import type { Input } from '../../src/io/input.ts'
import { convertBatch } from '../../src/pipeline/convert-batch.ts'
import type { PendingRecord } from '../../src/pipeline/pending-record.ts'
import { readBatches } from '../../src/pipeline/read-batches.ts'
import { createStats } from '../../src/report/run-stats.ts'

const MIB = 1024 * 1024

async function batchesOf(lines: readonly string[]): Promise<readonly PendingRecord[][]> {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const input: Input = {
    name: 'test',
    size: undefined,
    chunks: async function* () {
      // Chunks of a length that no line has.
      for (let at = 0; at < bytes.length; at += 65_521) yield bytes.subarray(at, at + 65_521)
    },
    close: () => undefined,
  }
  const batches: PendingRecord[][] = []
  const options = {
    valueMode: 'data' as const,
    maxLineBytes: 64 * MIB,
    requireEndRecord: false,
    stats: createStats(),
    onBadLine: (error: Error): never => {
      throw error
    },
  }
  for await (const batch of readBatches<never>(input, options)) batches.push(batch)
  return batches
}

const lineOf = (bytes: number): string => JSON.stringify({ topic: 't', value: 'x'.repeat(bytes) })

test('a batch ends with the record that makes it 1 MiB: what came before it is less', async () => {
  const batches = await batchesOf(Array.from({ length: 64 }, () => lineOf(100_000)))
  expect(batches.flat()).toHaveLength(64)
  for (const batch of batches) {
    const sizes = batch.map(({ source }) => source?.length ?? 0)
    expect(sizes.slice(0, -1).reduce((sum, size) => sum + size, 0)).toBeLessThan(MIB)
  }
  // As few as that allows: a record of 100,026 bytes fits ten times, and the eleventh closes the batch.
  expect(batches.map(({ length }) => length)).toEqual([11, 11, 11, 11, 11, 9])
})

test('a batch has 500 records at most, and one record that is larger than a batch is a batch of its own', async () => {
  expect((await batchesOf(Array.from({ length: 1001 }, () => lineOf(1)))).map(({ length }) => length)).toEqual([
    500, 500, 1,
  ])
  expect((await batchesOf([lineOf(1), lineOf(3 * MIB), lineOf(1)])).map(({ length }) => length)).toEqual([2, 1])
})

test('16 topics of a batch are converted at a time, and the results keep the order of the input', async () => {
  const batch = Array.from({ length: 100 }, (_, position) => {
    return { topic: `t${position % 40}`, value: null, position, line: position + 1 }
  })
  let active = 0
  let most = 0
  const results = await convertBatch(batch, async (_, records) => {
    active += 1
    most = Math.max(most, active)
    await new Promise(setImmediate)
    active -= 1
    return records
  })
  expect(most).toBe(16)
  expect(results).toEqual(batch)
})
