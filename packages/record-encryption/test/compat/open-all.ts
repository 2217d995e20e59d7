import { Buffer } from 'node:buffer'

import type { Kms } from '@keyfold/kms-api'

import {
  createRecordEncryption,
  type EncryptionPolicies,
  type KafkaRecord,
  type RecordError,
  type RecordErrorCode,
  type RecordHeader,
} from '../../src/index.ts'

/** What became of one record. */
export type Outcome =
  | { readonly refused: RecordErrorCode; readonly error: RecordError }
  | {
      readonly refused?: undefined
      readonly value: Uint8Array | null
      readonly headers: readonly RecordHeader[]
      readonly status: string
      readonly bound: readonly string[]
    }

/** The rules of the compatibility run: whatever the Java reader gives out is given out, and nothing is asked of a binding trailer. */
export const COMPATIBLE = {
  trustedKeks: 'boundary',
  nested: 'allow',
  onPlaintext: 'allow',
  binding: { read: 'off' },
} as const

const BATCH = 500

/** Decrypts records, each of a topic, in batches a topic. An outcome for each, in order. */
export async function openAll(
  kms: Kms,
  kek: string,
  policies: Partial<EncryptionPolicies>,
  records: readonly { readonly topic: string; readonly record: KafkaRecord }[],
): Promise<Outcome[]> {
  const refusals = new Map<KafkaRecord, RecordError>()
  const encryption = await createRecordEncryption({
    topics: [{ match: '*', kek }],
    ...policies,
    kms,
    // Ten thousands of EDEKs that the KMS rejects are the point here.
    resilience: { rejectedUnwraps: { tokens: 1e9 } },
    onDecryptError: (record, error) => {
      refusals.set(record, error)
      return record
    },
  })
  const outcomes = new Array<Outcome>(records.length)
  const byTopic = new Map<string, { index: number; record: KafkaRecord }[]>()
  for (const [index, { topic, record }] of records.entries()) {
    const entries = byTopic.get(topic) ?? []
    entries.push({ index, record })
    byTopic.set(topic, entries)
  }
  for (const [topic, entries] of byTopic) {
    for (let from = 0; from < entries.length; from += BATCH) {
      const batch = entries.slice(from, from + BATCH)
      const opened = await encryption.decrypt(
        topic,
        batch.map(({ record }) => record),
      )
      for (const [i, { index, record }] of batch.entries()) {
        const error = refusals.get(record)
        const { value, headers, keyfold } = opened[i]!
        outcomes[index] = error === undefined ? { value, headers, ...keyfold } : { refused: error.code, error }
      }
    }
  }
  await encryption.close()
  return outcomes
}

/** A text that two equal values and lists of headers share, and no others. */
export function printed(value: Uint8Array | null, headers: readonly RecordHeader[]): string {
  return JSON.stringify([base64(value), headers.map((header) => [header.key, base64(header.value)])])
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64')
}

/** How often each text occurs, sorted by text. */
export function counts(texts: Iterable<string>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const text of [...texts].sort()) found[text] = (found[text] ?? 0) + 1
  return found
}
