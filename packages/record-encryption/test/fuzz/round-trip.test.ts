import { Buffer } from 'node:buffer'

import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'

import {
  createRecordEncryption,
  type BindingOptions,
  type EncryptedRecord,
  type KafkaRecord,
  type RecordEncryption,
  type RecordHeader,
} from '../../src/index.ts'
import {
  HAND_MARKER,
  openByHand,
  sealByHand,
  trailerByHand,
  unsigned,
  wrapByHand,
  zigzag,
  type HandKek,
} from '../compat/by-hand.ts'
import { printed } from '../compat/open-all.ts'
import { SEED } from './mutator.ts'

const kek: HandKek = { id: '0190a6f1-7b7e-7c3d-9a2b-3c4d5e6f7081', key: Uint8Array.from({ length: 32 }, (_, i) => i) }
const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ id: kek.id, versions: [kek.key] }] })
afterAll(() => kms.close())

const EDGES = [
  '',
  '\u0000',
  '\uFEFFbom',
  'e\u0301',
  '\u{1F600}',
  '\uFFFD',
  '\u{10FFFF}',
  'k€',
  'kroxylicious.io/encryption2',
  'a'.repeat(200),
]
const name = fc
  .oneof(fc.constantFrom(...EDGES), fc.string({ unit: 'binary', maxLength: 40 }))
  .filter((key) => key.isWellFormed() && key !== HAND_MARKER.key)
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const header: fc.Arbitrary<RecordHeader> = fc.record({ key: name, value: fc.option(bytes(80)) })
/** Few names, so that they repeat. */
const repeating: fc.Arbitrary<RecordHeader> = fc.record({
  key: fc.constantFrom('a', 'b', 'k€'),
  value: fc.option(bytes(3)),
})
const headers = fc.oneof(
  fc.array(header, { maxLength: 8 }),
  fc.array(repeating, { maxLength: 8 }),
  fc.array(repeating, { minLength: 100, maxLength: 200 }),
)
const record = fc.record(
  {
    key: fc.option(fc.option(bytes(200)), { nil: undefined, freq: 9 }),
    value: fc.option(fc.oneof(bytes(200), bytes(20_000)), { freq: 12 }),
    headers,
    partition: fc.nat(2 ** 31 - 1),
    offset: fc.bigInt(0n, 2n ** 63n - 1n),
    extra: fc.string(),
  },
  { requiredKeys: ['value'] },
)
const records = fc.array(record, { minLength: 1, maxLength: 12 })

interface Setup {
  readonly title: string
  readonly encryptHeaders: boolean
  readonly binding: BindingOptions
}

const SETS: readonly Setup[] = [
  { title: 'values, bound to topic and key', encryptHeaders: false, binding: { read: 'require' } },
  { title: 'values and headers, bound to topic and key', encryptHeaders: true, binding: { read: 'require' } },
  {
    title: 'values, bound to topic, key and headers',
    encryptHeaders: false,
    binding: { read: 'require', headers: ['k€', 'a', 'none', 'a'] },
  },
  {
    title: 'values and headers, bound to topic, key and headers',
    encryptHeaders: true,
    binding: { read: 'require', headers: ['b', 'a'] },
  },
  { title: 'values, not bound', encryptHeaders: false, binding: { write: false, read: 'off' } },
  { title: 'values and headers, not bound', encryptHeaders: true, binding: { write: false } },
]

async function properties<T>(property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> {
  await fc.assert(property, { seed: SEED, numRuns })
}

/** Tombstones with headers are refused where headers are encrypted: they would leave in clear. */
function encryptable(inputs: readonly KafkaRecord[], encryptHeaders: boolean): KafkaRecord[] {
  return encryptHeaders
    ? inputs.map((input) => (input.value === null ? { ...input, headers: [] } : input))
    : [...inputs]
}

async function withEncryption<T>(
  { encryptHeaders, binding }: Setup,
  run: (encryption: RecordEncryption) => Promise<T>,
): Promise<T> {
  const encryption = await createRecordEncryption({
    kms,
    topics: [{ match: '*', kek: kek.id, encryptHeaders, binding }],
  })
  try {
    return await run(encryption)
  } finally {
    await encryption.close()
  }
}

describe(`records that are encrypted and decrypted (KEYFOLD_SEED=${SEED})`, () => {
  it.each(SETS)('come back as they were: $title', async (set) => {
    await withEncryption(set, async (encryption) => {
      await properties(
        fc.asyncProperty(records, async (inputs) => {
          const clear = encryptable(inputs, set.encryptHeaders)
          const opened = await encryption.decrypt('payments.eu', await encryption.encrypt('payments.eu', clear))
          expect(opened.map(rest)).toEqual(clear.map(rest))
          expect(opened.map((one) => printed(one.value, one.headers))).toEqual(
            clear.map((one) => printed(one.value, one.headers ?? [])),
          )
          expect(opened.map(({ keyfold }) => keyfold.status)).toEqual(
            clear.map(({ value }) => (value === null ? 'clear' : 'decrypted')),
          )
        }),
        80,
      )
    })
  })

  it('with a partition bound come back only with that partition', async () => {
    await withEncryption(
      { title: '', encryptHeaders: false, binding: { read: 'require', partition: true } },
      async (encryption) => {
        await properties(
          fc.asyncProperty(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1), bytes(20), async (partition, other, value) => {
            const [sealed] = await encryption.encrypt('t', [{ value, partition }])
            const [opened] = await encryption.decrypt('t', [sealed!])
            expect(opened!.keyfold.bound).toEqual(['topic', 'key', 'partition'])
            const moved = encryption.decrypt('t', [{ ...sealed!, partition: other }])
            await (other === partition
              ? expect(moved).resolves.toHaveLength(1)
              : expect(moved).rejects.toMatchObject({ code: 'RECORD_BINDING', field: 'partition' }))
          }),
          200,
        )
      },
    )
  })

  it('by hand are opened by Keyfold', async () => {
    await withEncryption({ title: '', encryptHeaders: false, binding: { read: 'off' } }, async (encryption) => {
      await properties(
        fc.asyncProperty(
          bytes(300),
          fc.option(headers),
          fc.uint8Array({ minLength: 32, maxLength: 32 }),
          async (value, sealedHeaders, dek) => {
            const inner = (sealedHeaders ?? []).flatMap(({ key, value: of }) => [
              unsigned(Buffer.byteLength(key)),
              Buffer.from(key),
              of === null ? zigzag(-1) : Buffer.concat([zigzag(of.length), of]),
            ])
            const count = zigzag(sealedHeaders === null ? -2 : sealedHeaders.length)
            const stored = sealByHand(
              wrapByHand(kek, dek),
              dek,
              Buffer.concat([zigzag(value.length), value, count, ...inner]),
            )
            const [opened] = await encryption.decrypt('t', [
              { value: stored, headers: [HAND_MARKER, { key: 'outer', value: null }] },
            ])
            expect(printed(opened!.value, opened!.headers)).toBe(
              printed(value, sealedHeaders ?? [{ key: 'outer', value: null }]),
            )
          },
        ),
        300,
      )
    })
  })
})

describe(`records that are encrypted (KEYFOLD_SEED=${SEED})`, () => {
  it.each(SETS)('are, byte by byte, what the format says: $title', async (set) => {
    await withEncryption(set, async (encryption) => {
      await properties(
        fc.asyncProperty(records, async (inputs) => {
          const clear = encryptable(inputs, set.encryptHeaders)
          const sealed = await encryption.encrypt('payments.eu', clear)
          for (const [i, one] of sealed.entries()) checkStored(clear[i]!, one, set)
        }),
        60,
      )
    })
  })

  it('never share an IV under a DEK', async () => {
    await withEncryption(SETS[0]!, async (encryption) => {
      const sealed = await encryption.encrypt(
        't',
        Array.from({ length: 3_000 }, () => ({ value: new Uint8Array() })),
      )
      const used = sealed
        .map(({ value }) => openByHand(kek, value!))
        .map(({ edek, iv }) => Buffer.concat([edek, iv]).toString('hex'))
      expect(new Set(used).size).toBe(3_000)
    })
  })
})

/** Everything but value and headers, which `printed` compares. */
function rest(one: KafkaRecord): object {
  return { ...one, value: undefined, headers: undefined, keyfold: undefined }
}

function checkStored(
  clear: KafkaRecord,
  stored: EncryptedRecord<KafkaRecord>,
  { encryptHeaders, binding }: Setup,
): void {
  const outer = clear.headers ?? []
  if (clear.value === null) {
    expect(printed(stored.value, stored.headers)).toBe(printed(null, outer))
    return
  }
  expect(printed(null, stored.headers)).toBe(printed(null, encryptHeaders ? [HAND_MARKER] : [HAND_MARKER, ...outer]))
  const { value, headers: sealed, trailer } = openByHand(kek, stored.value!)
  expect(printed(value, sealed === 'outside' ? [] : sealed)).toBe(printed(clear.value, encryptHeaders ? outer : []))
  expect(sealed === 'outside').toBe(!encryptHeaders)
  const names = [...new Set(binding.headers)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const written =
    binding.write === false
      ? Buffer.alloc(0)
      : trailerByHand({ topic: 'payments.eu', key: clear.key ?? null, names, headers: outer })
  expect(trailer.toString('hex')).toBe(written.toString('hex'))
}
