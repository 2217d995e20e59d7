import { afterEach, beforeEach, expect } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'
import { KmsUnavailableError } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption } from '../../src/index.ts'
import { edekOf, ONE_ATTEMPT, records, settled, testLogger, WatchedKms, type SetUp } from '../records/support.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const down = new KmsUnavailableError({ provider: 'inmemory', operation: 'generateDekPair' })

/** Lets each test of a file fail that leaves a rejection to nobody. */
export function noticeUnhandledRejections(): void {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => {
    unhandled.push(reason)
  }
  beforeEach(() => {
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    await settled()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
}

/** Encrypts one record and says under which EDEK. */
export async function edekNow({ encryption }: Pick<SetUp, 'encryption'>, topic = 't'): Promise<string> {
  const [sealed] = await encryption.encrypt(topic, records(1))
  return edekOf(sealed!)
}

/** Record encryption over a KMS that keeps the DEKs which it gave away. */
export async function setUpWatched(limits = {}): Promise<SetUp & { readonly watched: WatchedKms }> {
  const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
  const [watched, clock, logger] = [new WatchedKms(kms), new TestClock(), testLogger()]
  const encryption = await createRecordEncryption({
    kms: watched,
    clock,
    logger,
    limits,
    resilience: ONE_ATTEMPT,
    topics: [{ match: '*', kek: 'kek' }],
  })
  return { encryption, kms, admin, clock, logger, watched }
}

/** Lets one slice run. */
export async function oneSlice(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  setImmediate(() => {
    resolve(undefined)
  })
  await promise
}
