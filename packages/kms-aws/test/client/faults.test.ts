import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'

import { afterAll, describe, expect, it } from 'vitest'

import { isKmsError, type Kek, type Kms, type KmsError } from '@keyfold/kms-api'

import { KEY_ID } from '../support/fake-aws.ts'
import { SECRET, TOKEN, withFake } from '../support/with-fake.ts'
import { faultTable } from './fault-table.ts'

/** Of the rows that end with it. */
const SHORT_MS = 400
/** Of the others: on a busy machine a large body takes its time to be made. */
const LONG_MS = 5_000
/** What a call may take beyond its deadline. */
const GRACE_MS = 250
const RETRYABLE = new Set(['KMS_THROTTLED', 'KMS_UNAVAILABLE', 'KMS_TIMEOUT'])
const OPERATIONS = ['resolveKek', 'generateDekPair', 'decryptEdek'] as const

const fixture = withFake()
const unhandled: unknown[] = []
const onUnhandled = (error: unknown): void => {
  unhandled.push(error)
}
process.on('unhandledRejection', onUnhandled)
afterAll(() => {
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})

interface Prepared {
  readonly kms: Kms
  readonly kek: Kek
  readonly edek: Uint8Array
}

async function prepared(deadlineMs = LONG_MS): Promise<Prepared> {
  const kms = await fixture.connect({ timeouts: { requestMs: deadlineMs, connectMs: deadlineMs } })
  const kek = await kms.resolveKek('payments')
  const { dek, edek } = await kms.generateDekPair(kek)
  dek.destroy()
  return { kms, kek, edek }
}

function call({ kms, kek, edek }: Prepared, operation: (typeof OPERATIONS)[number]): Promise<unknown> {
  if (operation === 'resolveKek') return kms.resolveKek(KEY_ID)
  return operation === 'generateDekPair' ? kms.generateDekPair(kek) : kms.decryptEdek(kek, edek)
}

async function failure(work: () => Promise<unknown>): Promise<KmsError> {
  const error = await work().then(
    () => new Error('success'),
    (thrown: unknown) => thrown,
  )
  if (!isKmsError(error)) throw new Error(`expected a KmsError, got ${inspect(error)}`)
  return error
}

describe('what a fault of AWS KMS, or of the way to it, becomes', () => {
  it('has at least 60 rows', () => {
    expect(faultTable.length).toBeGreaterThanOrEqual(60)
  })

  it.each(faultTable)('$fault', async ({ make, code }) => {
    const deadlineMs = code === 'KMS_TIMEOUT' ? SHORT_MS : LONG_MS
    const ready = await prepared(deadlineMs)
    fixture.aws.faults = [make]
    for (const operation of OPERATIONS) {
      fixture.aws.requests.length = 0
      const began = performance.now()
      const error = await failure(() => call(ready, operation))
      const took = performance.now() - began
      const expected = typeof code === 'string' ? code : code[operation]
      expect(error).toMatchObject({ code: expected, retryable: RETRYABLE.has(expected), provider: 'aws', operation })
      expect(took).toBeLessThan(deadlineMs + GRACE_MS)
      // One request, and a second one only with renewed credentials: repeating is for another layer.
      expect(fixture.aws.requests.length).toBe(expected === 'KMS_AUTHENTICATION' ? 2 : 1)
      const seen = [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error.stack)].join(
        '\n',
      )
      for (const secret of [
        SECRET,
        TOKEN,
        'kf-canary-body',
        'injected',
        Buffer.from(ready.edek.subarray(-32)).toString('base64'),
      ]) {
        expect(seen).not.toContain(secret)
      }
    }
    fixture.aws.faults = []
    await ready.kms.resolveKek('payments')
  })

  it('tells how long AWS asks to wait', async () => {
    const ready = await prepared()
    fixture.aws.faults = [{ type: 'ThrottlingException', headers: { 'retry-after': '2' } }]
    expect(await failure(() => call(ready, 'decryptEdek'))).toMatchObject({
      code: 'KMS_THROTTLED',
      status: 400,
      retryAfterMs: 2_000,
    })
    fixture.aws.faults = [
      { status: 503, body: 'x', headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } },
    ]
    const error = await failure(() => call(ready, 'decryptEdek'))
    expect(error.code).toBe('KMS_UNAVAILABLE')
    expect(error.retryAfterMs).toBeGreaterThan(50_000)
  })

  it.each(['is unavailable.', 'is creating', 'is Updating'])('retries a key that %s', async (message) => {
    const ready = await prepared()
    fixture.aws.faults = [{ type: 'KMSInvalidStateException', message: `${fixture.aws.arnOf(KEY_ID)} ${message}` }]
    expect(await failure(() => call(ready, 'decryptEdek'))).toMatchObject({
      code: 'KMS_UNAVAILABLE',
      retryable: true,
      reason: 'KMSInvalidStateException',
    })
  })

  it.each([
    ['is pending deletion.', 'pending-deletion'],
    ['is pending import.', 'pending-import'],
    ['is PendingImport', 'pending-import'],
    ['is disabled', 'disabled'],
    ['is in a way that nobody has seen', 'invalid-state'],
  ])('reads the state of a key out of "%s"', async (message, state) => {
    const ready = await prepared()
    fixture.aws.faults = [
      { type: 'KMSInvalidStateException', message: `arn:aws:kms:eu-central-1:111122223333:key/x ${message}` },
    ]
    expect(await failure(() => call(ready, 'generateDekPair'))).toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state })
  })
})
