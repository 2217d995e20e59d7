import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { sameKek, type Kek, type Kms } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import {
  createRecordEncryption,
  isRecordError,
  type BindingOptions,
  type KafkaRecord,
  type RecordEncryption,
  type TopicPolicies,
} from '../../src/index.ts'
import { HAND_MARKER, sealByHand, trailerByHand, wrapByHand, zigzag } from '../compat/by-hand.ts'

export const ALICE = Buffer.from('alice')
export const BOB = Buffer.from('bob')
export const READ_MODES = ['off', 'verify-if-present', 'require'] as const satisfies readonly BindingOptions['read'][]

/** The KEK of the topics that are attacked, and one of another application in the same KMS. */
const own = { id: '0190a6f1-0000-7000-8000-000000000001', alias: 'own', key: randomBytes(32) }
const neighbour = { id: '0190a6f1-0000-7000-8000-000000000002', alias: 'neighbour', key: randomBytes(32) }

const { kms } = createInMemoryKms({
  insecure: 'test-only',
  keks: [own, neighbour].map(({ id, alias, key }) => ({ id, alias, versions: [key] })),
})

/** `payments`, `refunds` and `audit` share a KEK; `orders` has another; `news` is clear. */
export function application(policies: TopicPolicies = {}, of: Kms = kms): Promise<RecordEncryption> {
  return createRecordEncryption({
    kms: of,
    resilience: 'none',
    topics: [
      { match: 'orders', kek: 'neighbour' },
      { match: 'news', plaintext: 'allow' },
      { match: '*', kek: 'own' },
    ],
    ...policies,
  })
}

/** What becomes of a record: `opened` with its value, `clear`, or the code of the refusal. */
export async function verdict(reader: RecordEncryption, topic: string, record: KafkaRecord): Promise<string> {
  try {
    const [opened] = await reader.decrypt(topic, [record])
    return opened?.keyfold.status === 'clear' ? 'clear' : 'opened'
  } catch (error) {
    if (isRecordError(error)) return error.code
    return (error as { readonly code?: string }).code ?? String(error)
  }
}

/** A DEK that somebody has, because he may use its KEK or chose it himself, and what he seals with it. */
export function forger(
  of: 'own' | 'neighbour',
  { binds }: { readonly binds: boolean },
): (topic: string, key: Buffer, value: string) => KafkaRecord {
  const dek = randomBytes(32)
  const edek = wrapByHand(of === 'own' ? own : neighbour, dek)
  return (topic, key, value) => {
    const trailer = binds ? trailerByHand({ topic, key }) : Buffer.alloc(0)
    const parcel = Buffer.concat([zigzag(value.length), Buffer.from(value), Buffer.of(3), trailer])
    return { key, value: sealByHand(edek, dek, parcel), headers: [HAND_MARKER] }
  }
}

/** The same KMS as if its KEKs had a public half: anybody makes EDEKs that it unwraps, which `forger` then stands for. */
export function publicKeyKms(): Kms {
  const forgeable = (kek: Kek): Kek => ({ ...kek, wrapping: 'public-key' })
  return {
    resolveKek: async (selector, options) => forgeable(await kms.resolveKek(selector, options)),
    generateDekPair: (kek, options) => kms.generateDekPair(kek, options),
    decryptEdek: (kek, edek, options) => {
      if (!sameKek(kek, kms.kekOf(edek))) throw new Error('trust was not checked')
      return kms.decryptEdek(kek, edek, options)
    },
    kekOf: (edek) => forgeable(kms.kekOf(edek)),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
