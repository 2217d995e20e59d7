import { describe, expect, it } from 'vitest'

import { KmsUnavailableError, UnknownKeyError } from '@keyfold/kms-api'

import type { KafkaRecord, RecordEncryption } from '../../src/index.ts'
import { gate, records, rejectionOf, settled, setUp } from './support.ts'

const NO_CALLS = { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 }
type Call = (
  encryption: RecordEncryption,
  topic: string,
  given: readonly KafkaRecord[],
  options?: { readonly signal?: AbortSignal },
) => Promise<readonly KafkaRecord[]>
const encrypt: Call = (encryption, topic, given, options) => encryption.encrypt(topic, given, options)
const decrypt: Call = (encryption, topic, given, options) => encryption.decrypt(topic, given, options)

describe('an abort', () => {
  const reasons = [
    new Error('enough'),
    'enough',
    { why: 'enough' },
    new UnknownKeyError({ provider: 'mine', operation: 'decryptEdek' }),
  ]

  it.each(reasons)('before the call rejects with its reason, without a request: %s', async (reason) => {
    const { encryption, admin } = await setUp()
    for (const call of [encrypt, decrypt])
      expect(await rejectionOf(call(encryption, 't', records(1), { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it.each(reasons)('during each request of encrypt rejects with its reason: %s', async (reason) => {
    for (const operation of ['resolveKek', 'generateDekPair']) {
      const { encryption, admin } = await setUp()
      const { passed, open } = gate()
      admin.faults = (call) => (call.operation === operation ? passed : undefined)
      const controller = new AbortController()
      const call = encryption.encrypt('t', records(1), { signal: controller.signal })
      const other = encryption.encrypt('t', records(1))
      await settled()
      controller.abort(reason)
      expect(await rejectionOf(call)).toBe(reason)
      // Who did not abort has what was asked for together.
      open()
      expect(await other).toHaveLength(1)
      expect(admin.calls).toMatchObject({ resolveKek: 1, generateDekPair: 1 })
    }
  })

  it.each(reasons)('during each request of decrypt rejects with its reason: %s', async (reason) => {
    for (const operation of ['resolveKek', 'decryptEdek']) {
      for (const resilience of [undefined, 'none'] as const) {
        const { encryption: writer, kms, admin } = await setUp()
        const sealed = await writer.encrypt('t', records(1))
        const { encryption } = await setUp({ kms, resilience, onKeyGone: 'record', onDecryptError: 'skip' })
        admin.faults = (call) => (call.operation === operation ? gate().passed : undefined)
        const controller = new AbortController()
        const call = encryption.decrypt('t', sealed, { signal: controller.signal })
        await settled()
        controller.abort(reason)
        expect(await rejectionOf(call)).toBe(reason)
      }
    }
  })

  it.each([
    ['encrypt', encrypt],
    ['decrypt', decrypt],
  ] as const)('between two slices of %s rejects with its reason', async (name, call) => {
    const { encryption } = await setUp()
    const given = name === 'encrypt' ? records(3_000) : await encryption.encrypt('t', records(3_000))
    const controller = new AbortController()
    const reason = Symbol('enough')
    setImmediate(() => {
      controller.abort(reason)
    })
    expect(await rejectionOf(call(encryption, 't', given, { signal: controller.signal }))).toBe(reason)
  })

  it('of one call leaves the failure of what others wait for to them', async () => {
    const { encryption, admin } = await setUp()
    const { passed, open } = gate()
    admin.faults = async ({ operation }) => {
      if (operation !== 'generateDekPair') return
      await passed
      throw new KmsUnavailableError({ provider: 'inmemory', operation: 'generateDekPair' })
    }
    const controller = new AbortController()
    const call = encryption.encrypt('t', records(1), { signal: controller.signal })
    await settled()
    controller.abort('enough')
    expect(await rejectionOf(call)).toBe('enough')
    open()
    // Nobody is left to hear of it: no unhandled rejection, which would fail this run.
    await settled()
    expect(encryption.health().failing).toMatchObject([{ code: 'KMS_UNAVAILABLE' }])
  })

  it('that never comes leaves no listener behind', async () => {
    const { encryption } = await setUp()
    const { signal } = new AbortController()
    let listeners = 0
    const count =
      (change: number, original: (...args: Parameters<AbortSignal['addEventListener']>) => void) =>
      (...args: Parameters<AbortSignal['addEventListener']>): void => {
        listeners += change
        original.apply(signal, args)
      }
    Object.assign(signal, {
      addEventListener: count(1, signal.addEventListener.bind(signal)),
      removeEventListener: count(-1, signal.removeEventListener.bind(signal)),
    })
    await encryption.decrypt('t', await encryption.encrypt('t', records(2_000), { signal }), { signal })
    expect(listeners).toBe(0)
  })
})
