import { KMSClient } from '@aws-sdk/client-kms'
import { describe, expect, it } from 'vitest'

import type { Kms } from '@keyfold/kms-api'

import { fromClient } from '../src/from-client.ts'
import provider from '../src/kms-provider.ts'
import { ACCOUNT, KEY_ID, REGION } from './support/fake-aws.ts'
import { withFake } from './support/with-fake.ts'

const fixture = withFake()
const kek = { provider: 'aws', id: KEY_ID, wrapping: 'authenticated' } as const
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'success',
    (error: unknown) => error,
  )

describe('an encryption context', () => {
  it('is bound: EDEK format 02, and only the same one opens it', async () => {
    const kms = await fixture.connect()
    const context = { topic: 'payments' }
    const { dek, edek } = await kms.generateDekPair(kek, { encryptionContext: context })
    dek.destroy()
    expect(edek[0]).toBe(0x02)
    expect(fixture.aws.requests.at(-1)?.body['EncryptionContext']).toEqual(context)
    ;(await kms.decryptEdek(kek, edek, { encryptionContext: { ...context } })).destroy()
    fixture.aws.requests.length = 0
    for (const wrong of [{ topic: 'Payments' }, { topic: 'payments', more: '1' }, { other: 'payments' }]) {
      expect(await failure(kms.decryptEdek(kek, edek, { encryptionContext: wrong }))).toMatchObject({
        code: 'KMS_INVALID_EDEK',
      })
    }
    expect(fixture.aws.requests.length).toBe(3)
    for (const none of [undefined, {}])
      expect(await failure(kms.decryptEdek(kek, edek, { encryptionContext: none }))).toMatchObject({
        code: 'KMS_INVALID_EDEK',
      })
    expect(fixture.aws.requests.length).toBe(3)
  })

  it('for an EDEK that has none is refused without a request', async () => {
    const kms = await fixture.connect()
    const { dek, edek } = await kms.generateDekPair(kek, { encryptionContext: {} })
    dek.destroy()
    expect(edek[0]).toBe(0x00)
    expect(fixture.aws.requests.at(-1)?.body).not.toHaveProperty('EncryptionContext')
    fixture.aws.requests.length = 0
    expect(await failure(kms.decryptEdek(kek, edek, { encryptionContext: { topic: 'a' } }))).toMatchObject({
      code: 'KMS_INVALID_EDEK',
    })
    expect(fixture.aws.requests).toEqual([])
  })

  it('is taken as it is when the call is made', async () => {
    const kms = await fixture.connect()
    const context: Record<string, string> = { topic: 'payments' }
    const pending = kms.generateDekPair(kek, { encryptionContext: context })
    context['topic'] = 'changed'
    ;(await pending).dek.destroy()
    expect(fixture.aws.requests.at(-1)?.body['EncryptionContext']).toEqual({ topic: 'payments' })
  })
})

describe('a KEK', () => {
  it('of another provider, or outside of the boundary, is refused without a request', async () => {
    const kms = await fixture.connect()
    for (const foreign of [
      { ...kek, provider: 'vault' },
      { ...kek, id: 'alias/payments' },
      { ...kek, id: `arn:aws:kms:${REGION}:999999999999:key/${KEY_ID}` },
    ]) {
      expect(await failure(kms.generateDekPair(foreign))).toMatchObject({ code: 'KMS_UNKNOWN_KEY' })
    }
    expect(fixture.aws.requests).toEqual([])
  })

  it('has a version that changes with its key material', async () => {
    const kms = await fixture.connect()
    const before = await kms.resolveKek('payments')
    fixture.aws.addKey(KEY_ID, { material: 'b'.repeat(64) })
    const after = await kms.resolveKek('payments')
    expect([before.version, after.version]).toEqual(['a'.repeat(64), 'b'.repeat(64)])
    fixture.aws.faults = [
      {
        change: (answer) => ({
          KeyMetadata: { ...(answer['KeyMetadata'] as object), CurrentKeyMaterialId: undefined },
        }),
      },
    ]
    expect(await kms.resolveKek('payments')).toEqual(kek)
  })
})

describe('an abort', () => {
  const calls: readonly [string, (kms: Kms, edek: Uint8Array, signal: AbortSignal) => Promise<unknown>][] = [
    ['resolveKek', (kms, _edek, signal) => kms.resolveKek('payments', { signal })],
    ['generateDekPair', (kms, _edek, signal) => kms.generateDekPair(kek, { signal })],
    ['decryptEdek', (kms, edek, signal) => kms.decryptEdek(kek, edek, { signal })],
  ]

  it.each(calls)(
    'of %s rejects with its own reason: before, while the request runs, and by a timeout',
    async (_, call) => {
      const kms = await fixture.connect()
      const { dek, edek } = await kms.generateDekPair(kek)
      dek.destroy()
      fixture.aws.requests.length = 0
      const reason = new Error('enough')
      expect(await failure(call(kms, edek, AbortSignal.abort(reason)))).toBe(reason)
      expect(fixture.aws.requests).toEqual([])
      fixture.aws.faults = [{ network: 'silence' }]
      const controller = new AbortController()
      const running = failure(call(kms, edek, controller.signal))
      while (fixture.aws.requests.length === 0) await new Promise((resolve) => setImmediate(resolve))
      controller.abort(reason)
      expect(await running).toBe(reason)
      expect(await failure(call(kms, edek, AbortSignal.timeout(20)))).toMatchObject({ name: 'TimeoutError' })
    },
  )
})

describe('the deadline', () => {
  it('holds for each of two hundred calls that get no response, though only two can be sent at a time', async () => {
    const deadlineMs = 1_000
    const kms = await fixture.connect({ maxConnections: 2, timeouts: { requestMs: deadlineMs } })
    fixture.aws.faults = [{ network: 'silence' }]
    const began = performance.now()
    const errors = await Promise.all(Array.from({ length: 200 }, () => failure(kms.generateDekPair(kek))))
    // One after another, they would take a hundred times the deadline.
    expect(performance.now() - began).toBeLessThan(20 * deadlineMs)
    const message = `aws ${fixture.aws.url} did not respond within 1000 ms while creating a data key under KEK "${KEY_ID}"`
    for (const error of errors) expect(error).toMatchObject({ code: 'KMS_TIMEOUT', message })
  })

  it('of a connection does not count the wait for a free one', async () => {
    const kms = await fixture.connect({ maxConnections: 1, timeouts: { requestMs: 5_000, connectMs: 100 } })
    fixture.aws.faults = [{ delayMs: 60 }]
    const errors = await Promise.all(Array.from({ length: 8 }, async () => failure(kms.resolveKek('payments'))))
    expect(errors).toEqual(Array.from({ length: 8 }, () => 'success'))
  })
})

describe('the way to AWS KMS', () => {
  it('is unavailable when nobody listens', async () => {
    const kms = await fixture.connect({ endpoint: 'http://127.0.0.1:1' })
    expect(await failure(kms.resolveKek('payments'))).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true })
  })

  it('is unavailable when the other side speaks no TLS', async () => {
    const kms = await fixture.connect({ endpoint: fixture.aws.url.replace('http:', 'https:') })
    expect(await failure(kms.resolveKek('payments'))).toMatchObject({ code: 'KMS_UNAVAILABLE' })
    expect(fixture.aws.requests).toEqual([])
  })
})

describe('a denial', () => {
  it('names the missing permission, the KEK and the endpoint', async () => {
    const kms = await fixture.connect()
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    fixture.aws.faults = [{ type: 'AccessDeniedException', message: 'User kf-canary is not authorized' }]
    const calls = [
      [kms.resolveKek('payments'), 'kms:DescribeKey', '"payments"'],
      [kms.generateDekPair(kek), 'kms:GenerateDataKey', KEY_ID],
      [kms.decryptEdek(kek, edek), 'kms:Decrypt', KEY_ID],
    ] as const
    for (const [call, permission, named] of calls) {
      const error = await failure(call)
      expect(error).toMatchObject({
        code: 'KMS_ACCESS_DENIED',
        permission,
        endpoint: fixture.aws.url,
        reason: 'AccessDeniedException',
        status: 400,
      })
      expect((error as Error).message).toContain(permission)
      expect((error as Error).message).toContain(named)
      expect((error as Error).message).not.toContain('kf-canary')
    }
  })
})

describe('connections', () => {
  it('are used again, also after answers that report an error', async () => {
    const kms = await fixture.connect()
    await kms.resolveKek('payments')
    fixture.aws.faults = [{ status: 500, body: 'x'.repeat(10_000) }]
    for (let i = 0; i < 300; i++)
      expect(await failure(kms.resolveKek('payments'))).toMatchObject({ code: 'KMS_UNAVAILABLE' })
    fixture.aws.faults = []
    await kms.resolveKek('payments')
    expect(fixture.aws.connections).toBe(1)
  })

  it('are no more than configured, however many calls there are', async () => {
    const kms = await fixture.connect({ maxConnections: 4 })
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        ;(await kms.generateDekPair(kek)).dek.destroy()
      }),
    )
    expect(fixture.aws.connections).toBeLessThanOrEqual(4)
  })
})

describe('close()', () => {
  it('is idempotent, ends what runs and refuses what comes later', async () => {
    const kms = await fixture.connect()
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    fixture.aws.faults = [{ network: 'silence' }]
    const running = [failure(kms.resolveKek('payments')), failure(kms.decryptEdek(kek, edek))]
    await Promise.all([kms.close(), kms.close()])
    for (const error of await Promise.all(running)) expect(error).toMatchObject({ code: 'KMS_CLOSED' })
    const later = [kms.resolveKek('payments'), kms.generateDekPair(kek), kms.decryptEdek(kek, edek), kms.health!()].map(
      failure,
    )
    for (const error of await Promise.all(later)) expect(error).toMatchObject({ code: 'KMS_CLOSED' })
    expect(() => kms.kekOf(edek)).toThrow(expect.objectContaining({ code: 'KMS_CLOSED' }))
    await kms[Symbol.asyncDispose]()
  })
})

describe('health()', () => {
  it.each([
    [undefined, { status: 'ok' }],
    [{ type: 'AccessDeniedException' }, { status: 'ok' }],
    [{ type: 'ThrottlingException' }, { status: 'degraded', detail: 'KMS_THROTTLED' }],
    [{ type: 'UnrecognizedClientException' }, { status: 'down', detail: 'KMS_AUTHENTICATION' }],
    [
      { status: 503, body: '' },
      { status: 'down', detail: 'KMS_UNAVAILABLE' },
    ],
  ])('when AWS answers %o is %o', async (fault, expected) => {
    const kms = await fixture.connect()
    if (fault !== undefined) fixture.aws.faults = [fault]
    expect(await kms.health!()).toEqual(expected)
  })

  it('is ok when somebody has the alias that is asked for', async () => {
    fixture.aws.aliases.set('alias/keyfold-health', KEY_ID)
    expect(await (await fixture.connect()).health!()).toEqual({ status: 'ok' })
  })
})

describe('a client of the application', () => {
  const client = (): KMSClient =>
    new KMSClient({
      region: REGION,
      endpoint: fixture.aws.url,
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKIAOWN', secretAccessKey: 's' },
    })

  it('is used by fromClient, and still works when the Kms is closed', async () => {
    const own = client()
    const first = await fromClient(own, { account: ACCOUNT })
    const { dek, edek } = await first.generateDekPair(await first.resolveKek('payments'))
    dek.destroy()
    await first.close()
    const second = await fromClient(own)
    ;(await second.decryptEdek(kek, edek)).destroy()
    expect(new Set(fixture.aws.requests.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['AKIAOWN']))
    await second.close()
    own.destroy()
  })

  it('is used by the provider when it stands in the context, and excludes what it has already', async () => {
    const own = client()
    const context = { baseDirectory: '.', clients: { kms: own } }
    const kms = await provider.create({ account: ACCOUNT, timeouts: { requestMs: 1_000 } }, context)
    expect((await kms.resolveKek('payments')).id).toBe(KEY_ID)
    await kms.close()
    await expect(provider.create({ endpoint: fixture.aws.url }, context)).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'endpoint',
    })
    own.destroy()
  })

  it('without a region is refused', async () => {
    const own = new KMSClient({ region: (): Promise<string> => Promise.reject(new Error('Region is missing')) })
    await expect(fromClient(own)).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'region' })
  })
})
