import { parseArgs } from 'node:util'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption, type KafkaRecord, type RecordEncryption } from '@keyfold/record-encryption'

import { HOSTILE_KINDS } from './src/hostile-records.ts'
import { costOf } from './src/sync-pieces.ts'

// What decrypting costs when somebody writes records to make it cost much. Nothing fails here: the tests hold the shape, this gives the figures.
const { values } = parseArgs({
  options: {
    counts: { type: 'string', default: '1000,3162,10000,31623,100000' },
    kinds: { type: 'string', default: Object.keys(HOSTILE_KINDS).join(',') },
    large: { type: 'boolean', default: true },
    memory: { type: 'string', default: '1000000' },
  },
})
const MIB = 2 ** 20
const TOPIC = 'payments'
const counts = values.counts.split(',').map(Number)

async function encryptionOf(): Promise<{ encryption: RecordEncryption; genuine: KafkaRecord }> {
  const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'KEK' }] })
  const encryption = await createRecordEncryption({
    kms,
    topics: [{ match: '*', kek: 'KEK' }],
    // What is measured is the work, and not the wait that limits it.
    resilience: { rejectedUnwraps: { tokens: 1e9 }, bulkhead: { maxQueued: 1e6 } },
    onDecryptError: 'skip',
  })
  const [genuine] = await encryption.encrypt(TOPIC, [{ key: null, value: new Uint8Array(100), headers: [] }])
  return { encryption, genuine: genuine as KafkaRecord }
}

/** The slope of a line through the logarithms: 1 is linear. */
function exponentOf(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([n, ms]) => [Math.log(n), Math.log(ms)] as const)
  const mean = (of: (point: readonly [number, number]) => number): number =>
    logs.reduce((sum, point) => sum + of(point), 0) / logs.length
  const [x, y] = [mean(([n]) => n), mean(([, ms]) => ms)]
  return logs.reduce((sum, [n, ms]) => sum + (n - x) * (ms - y), 0) / logs.reduce((sum, [n]) => sum + (n - x) ** 2, 0)
}

const rows = []
for (const kind of values.kinds.split(',').map((name) => name.trim())) {
  const make = HOSTILE_KINDS[kind]
  if (make === undefined) continue
  const points: [number, number][] = []
  let longest = 0
  // Once without counting, so that compiling is not measured.
  for (const [round, count] of [counts[0] as number, ...counts].entries()) {
    const { encryption, genuine } = await encryptionOf()
    const records = make(count, genuine)
    const { cpuMs, longestMs } = await costOf(() => encryption.decrypt(TOPIC, records))
    await encryption.close()
    if (round === 0) continue
    points.push([records.length, cpuMs])
    longest = Math.max(longest, longestMs)
  }
  const [most, ms] = points.at(-1) as [number, number]
  rows.push({
    kind,
    'CPU ms': points.map(([n, cpu]) => `${n}: ${cpu.toFixed(0)}`).join('  '),
    'us/record': ((ms * 1_000) / most).toFixed(1),
    exponent: exponentOf(points).toFixed(2),
    'longest ms': longest.toFixed(1),
  })
}
console.table(rows)

if (values.large) {
  const large: Record<string, () => KafkaRecord[]> = {
    '64 x 1 MiB': () => Array.from({ length: 64 }, () => ({ value: new Uint8Array(MIB - 64) })),
    '16 MiB': () => [{ value: new Uint8Array(16 * MIB - 256) }],
    '8 KiB with 1,000 headers, 2,000 of them': () => {
      const headers = Array.from({ length: 1_000 }, (_, i) => ({ key: `h${i % 10}`, value: Uint8Array.of(1, 2) }))
      return Array.from({ length: 2_000 }, () => ({ value: new Uint8Array(8), headers }))
    },
    '16,384 headers, 64 of them': () => {
      const headers = Array.from({ length: 16_384 }, () => ({ key: 'h', value: Uint8Array.of(1) }))
      return Array.from({ length: 64 }, () => ({ value: new Uint8Array(8), headers }))
    },
  }
  const sizes = []
  for (const [name, make] of Object.entries(large)) {
    for (const encryptHeaders of [false, true]) {
      const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'KEK' }] })
      const binding = { headers: ['h', 'h1', 'h2', 'h3'] }
      const encryption = await createRecordEncryption({
        kms,
        topics: [{ match: '*', kek: 'KEK', encryptHeaders, binding }],
      })
      await encryption.prewarm([TOPIC])
      let sealed: readonly KafkaRecord[] = []
      const encrypt = await costOf(async () => (sealed = await encryption.encrypt(TOPIC, make())))
      const decrypt = await costOf(() => encryption.decrypt(TOPIC, sealed))
      await encryption.close()
      sizes.push({
        name,
        encryptHeaders,
        'encrypt longest ms': encrypt.longestMs.toFixed(1),
        'decrypt longest ms': decrypt.longestMs.toFixed(1),
      })
    }
  }
  console.table(sizes)
}

const distinct = Number(values.memory)
if (distinct > 0) {
  const { encryption, genuine } = await encryptionOf()
  for (const kind of ['invalid EDEKs of 8 bytes', 'EDEKs of other KEKs']) {
    const records = HOSTILE_KINDS[kind]?.(distinct, genuine) ?? []
    const before = process.memoryUsage()
    let most = 0
    const watch = setInterval(() => {
      const { heapUsed, external } = process.memoryUsage()
      most = Math.max(most, heapUsed + external - before.heapUsed - before.external)
    }, 5)
    await encryption.decrypt(TOPIC, records)
    clearInterval(watch)
    console.log(`${distinct} records, ${kind}: at most ${(most / MIB).toFixed(0)} MiB more while they are decrypted`)
  }
  await encryption.close()
}
