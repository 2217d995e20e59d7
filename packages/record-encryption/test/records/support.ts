import { Buffer } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'

import { TestClock } from '@keyfold/kit/test-clock'
import type { Dek, DekPair, Edek, Kek, Kms, KmsCallOptions, Logger } from '@keyfold/kms-api'
import { createInMemoryKms, type FaultCall, type InMemoryKmsAdmin } from '@keyfold/kms-inmemory'

import {
  createRecordEncryption,
  inspectRecord,
  isRecordError,
  type KafkaRecord,
  type RecordEncryption,
  type RecordEncryptionOptions,
  type RecordErrorCode,
} from '../../src/index.ts'

const MARKER_KEY = 'kroxylicious.io/encryption'
export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
export const textOf = (value: Uint8Array | null): string | null =>
  value === null ? null : Buffer.from(value).toString()
export const header = (key: string, value: string | null = 'x') => ({
  key,
  value: value === null ? null : bytes(value),
})
export const marker = (value: Uint8Array | null = Uint8Array.of(2)) => ({ key: MARKER_KEY, value })

/** Headers in a form that compares: results are views of another class than inputs may be. */
export const headersOf = ({ headers = [] }: KafkaRecord): (readonly [string, string | null])[] =>
  headers.map(({ key, value }) => [key, textOf(value)])

/** Records whose values and keys tell them apart. */
export function records(count: number, from = 0): { key: Uint8Array; value: Uint8Array }[] {
  return Array.from({ length: count }, (_, i) => ({ key: bytes(`key ${from + i}`), value: bytes(`value ${from + i}`) }))
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string | undefined
}

/** Keeps what is logged. */
export function testLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: LogLine['level']) =>
    (fields: object, message?: string): void => {
      lines.push({ level, fields, message })
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export interface SetUp {
  readonly encryption: RecordEncryption
  readonly kms: Kms
  readonly admin: InMemoryKmsAdmin
  readonly clock: TestClock
  readonly logger: ReturnType<typeof testLogger>
}

/** Layers that show each fault as it is. What retries and the breaker change is in test/resilience. */
export const ONE_ATTEMPT = {
  retry: { attempts: 1 },
  circuitBreaker: { failures: 1e6, windowSize: 1e6, minRequests: 1e6 },
}

/** Record encryption over an in-memory KMS with KEKs that have these aliases. Without rules, every topic is encrypted under the first. */
export async function setUp(
  options: Partial<RecordEncryptionOptions> = {},
  keks: readonly (string | { readonly alias: string; readonly id: string })[] = ['kek'],
): Promise<SetUp> {
  const given = keks.map((kek) => (typeof kek === 'string' ? { alias: kek } : kek))
  const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: given })
  const [clock, logger] = [new TestClock(), testLogger()]
  const topics = [{ match: '*', kek: given[0]?.alias ?? 'kek' }]
  const encryption = await createRecordEncryption({ kms, clock, logger, topics, resilience: ONE_ATTEMPT, ...options })
  return { encryption, kms, admin, clock, logger }
}

/** What rejected, or fails. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('expected a rejection')
}

export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  const error = await rejectionOf(promise)
  return (error as { readonly code?: string }).code ?? String(error)
}

/** The verdict about one record: how it came out, or the code of its refusal. */
export async function verdictOf(
  encryption: RecordEncryption,
  topic: string,
  record: KafkaRecord,
): Promise<RecordErrorCode | 'decrypted' | 'clear' | 'undecrypted'> {
  try {
    const [opened] = await encryption.decrypt(topic, [record])
    return opened!.keyfold.status
  } catch (error) {
    if (isRecordError(error)) return error.code
    throw error
  }
}

/** The EDEK of a sealed record, as text. */
export function edekOf(record: KafkaRecord): string {
  const info = inspectRecord(record)
  if (info === undefined) throw new Error('expected an encrypted record')
  return Buffer.from(info.edek).toString('hex')
}

/** Runs of records under one EDEK: how many are under the first, then under the next. */
export function runsOf(sealed: readonly KafkaRecord[]): number[] {
  const runs: number[] = []
  let last: string | undefined
  for (const record of sealed) {
    const edek = edekOf(record)
    if (edek === last) runs[runs.length - 1]! += 1
    else runs.push(1)
    last = edek
  }
  return runs
}

/** A copy of a record with one byte of its value changed; from the end when negative. */
export function flipped<R extends KafkaRecord>(record: R, at: number): R {
  const value = new Uint8Array(record.value!)
  const index = at < 0 ? value.length + at : at
  value[index]! ^= 1
  return { ...record, value }
}

/** Lets everything that is under way without a request run to its end. On a busy machine work is cut in more slices, each a turn: hence so many. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await setImmediate()
}

/** A promise that the test settles. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return {
    passed: promise,
    open: () => {
      resolve(undefined)
    },
  }
}

/** Lets one operation fail. */
export function failing(operation: FaultCall['operation'], error: Error): (call: FaultCall) => void {
  return (call) => {
    if (call.operation === operation) throw error
  }
}

/** A KMS that keeps the handles which it gave away. */
export class WatchedKms implements Kms {
  readonly generated: Dek[] = []
  readonly unwrapped: Dek[] = []
  readonly #inner: Kms

  constructor(inner: Kms) {
    this.#inner = inner
  }

  resolveKek(kekSelector: string, options?: KmsCallOptions): Promise<Kek> {
    return this.#inner.resolveKek(kekSelector, options)
  }

  async generateDekPair(kek: Kek, options?: KmsCallOptions): Promise<DekPair> {
    const pair = await this.#inner.generateDekPair(kek, options)
    this.generated.push(pair.dek)
    return pair
  }

  async decryptEdek(kek: Kek, edek: Edek, options?: KmsCallOptions): Promise<Dek> {
    const dek = await this.#inner.decryptEdek(kek, edek, options)
    this.unwrapped.push(dek)
    return dek
  }

  kekOf(edek: Edek): Kek {
    return this.#inner.kekOf(edek)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

export function isDestroyed(dek: Dek): boolean {
  try {
    dek.lease().destroy()
    return false
  } catch {
    return true
  }
}

/** The same KMS, whose KEKs say that anybody can make their EDEKs. */
export function publicKeyKms(inner: Kms, isPublic: (kek: Kek) => boolean = () => true): Kms {
  const forgeable = (kek: Kek): Kek => (isPublic(kek) ? { ...kek, wrapping: 'public-key' } : kek)
  return {
    resolveKek: async (selector, options) => forgeable(await inner.resolveKek(selector, options)),
    generateDekPair: (kek, options) => inner.generateDekPair(kek, options),
    decryptEdek: (kek, edek, options) => inner.decryptEdek(kek, edek, options),
    kekOf: (edek) => forgeable(inner.kekOf(edek)),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  }
}
