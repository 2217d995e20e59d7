import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Kms } from '@keyfold/kms-api'

import type { AwsKmsConfig } from '../src/config-schema.ts'
import provider from '../src/kms-provider.ts'
import { withAwsHome } from './support/aws-home.ts'
import { KEY_ID } from './support/fake-aws.ts'
import { SilentPeer } from './support/silent-peer.ts'
import { withFake } from './support/with-fake.ts'

const ROLE = 'arn:aws:iam::111122223333:role/reader'
const DEADLINE_MS = 300
/** A connection may take far longer than a call. */
const TIMEOUTS = { requestMs: DEADLINE_MS, connectMs: 60_000 }
/** A machine may be ten times as slow as this; a wait that does not end is longer still. */
const SLACK_MS = 10 * DEADLINE_MS
const kek = { provider: 'aws', id: KEY_ID, wrapping: 'authenticated' } as const
const source = { method: 'static', accessKeyId: { value: 'AKIASOURCE' }, secretAccessKey: { value: 's' } } as const
const fixture = withFake()
const home = withAwsHome()

let peer: SilentPeer
beforeEach(async () => {
  peer = await new SilentPeer().start()
})
afterEach(async () => {
  await peer.stop()
})

/** Everything that a call may wait for. */
const waits: Readonly<Record<string, () => Partial<AwsKmsConfig>>> = {
  'the TLS handshake of KMS': () => ({ endpoint: `https://${peer.authority}` }),
  'the response of KMS': () => ({ endpoint: `http://${peer.authority}` }),
  'a free connection to KMS': () => ({ endpoint: `http://${peer.authority}`, maxConnections: 1 }),
  'a free connection to KMS, over TLS': () => ({ endpoint: `https://${peer.authority}`, maxConnections: 1 }),
  'the body of the response': () => {
    fixture.aws.faults = [{ network: 'drip', body: ' '.repeat(60_000) }]
    return {}
  },
  'STS, for a role': () => ({
    stsEndpoint: `https://${peer.authority}`,
    credentials: { method: 'assumeRole', roleArn: ROLE, source },
  }),
  'STS, for a web identity': () => {
    home.file('token', 'jwt')
    return {
      stsEndpoint: `http://${peer.authority}`,
      credentials: { method: 'webIdentity', roleArn: ROLE, tokenFile: 'token' },
    }
  },
  'a pod identity': () => ({ credentials: { method: 'podIdentity', uri: `https://${peer.authority}/credentials` } }),
  'a credential process': () => {
    home.config('[profile p]\ncredential_process=sleep 600\n')
    return { credentials: { method: 'profile', profile: 'p' } }
  },
}

async function connect(settings: Partial<AwsKmsConfig>): Promise<Kms> {
  const config = fixture.config({ timeouts: TIMEOUTS, ...settings })
  const kms = await provider.create(config, { baseDirectory: home.folder })
  fixture.open.push(kms)
  return kms
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'success',
    (error: unknown) => error,
  )

describe.each(Object.keys(waits))('the wait for %s', (name) => {
  it('ends with the deadline of each of fifty calls', async () => {
    const kms = await connect(waits[name]!())
    const began = performance.now()
    const errors = await Promise.all(Array.from({ length: 50 }, () => failure(kms.generateDekPair(kek))))
    expect(performance.now() - began).toBeLessThan(DEADLINE_MS + SLACK_MS)
    for (const error of errors) expect(error).toMatchObject({ code: 'KMS_TIMEOUT', retryable: true })
  })

  it('ends with the signal of the call', async () => {
    const kms = await connect({ ...waits[name]!(), timeouts: { ...TIMEOUTS, requestMs: 60_000 } })
    const first = failure(kms.generateDekPair(kek))
    const reason = new Error('enough')
    const controller = new AbortController()
    const calls = [
      kms.resolveKek('payments', { signal: controller.signal }),
      kms.generateDekPair(kek, { signal: controller.signal }),
    ].map(failure)
    setTimeout(() => {
      controller.abort(reason)
    }, 50)
    const began = performance.now()
    expect(await Promise.all(calls)).toEqual([reason, reason])
    expect(performance.now() - began).toBeLessThan(SLACK_MS)
    await kms.close()
    expect(await first).toMatchObject({ code: 'KMS_CLOSED' })
  })

  it('ends with close(), of calls and of health(), and leaves no connection behind', async () => {
    const kms = await connect({ ...waits[name]!(), timeouts: { ...TIMEOUTS, requestMs: 60_000 } })
    const running = [
      ...Array.from({ length: 10 }, () => kms.generateDekPair(kek)),
      kms.resolveKek('payments'),
      kms.health!(),
    ].map(failure)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const began = performance.now()
    await kms[Symbol.asyncDispose]()
    for (const error of await Promise.all(running)) expect(error).toMatchObject({ code: 'KMS_CLOSED' })
    expect(performance.now() - began).toBeLessThan(SLACK_MS)
    await expect.poll(() => peer.sockets.size + fixture.aws.open, { timeout: SLACK_MS }).toBe(0)
    expect(await failure(kms.health!())).toMatchObject({ code: 'KMS_CLOSED' })
  })
})

describe('a response that is rejected', () => {
  it.each([
    ['a redirect', { status: 307, headers: { location: 'https://example.com/' } }],
    ['one that is too long', { status: 200, headers: { 'content-length': '9999999' } }],
    ['one that is abandoned at the deadline', { network: 'drip', body: ' '.repeat(60_000) }],
  ] as const)('frees its connection, though its body does not end: %s', async (_, fault) => {
    const kms = await connect({ maxConnections: 1 })
    fixture.aws.faults = [{ network: 'endless', times: 1, ...fault }]
    expect(await failure(kms.resolveKek('payments'))).toMatchObject({
      code: expect.stringMatching(/^KMS_(?:INVALID_RESPONSE|TIMEOUT)$/) as string,
    })
    fixture.aws.faults = []
    expect((await kms.resolveKek('payments')).id).toBe(KEY_ID)
  })
})
