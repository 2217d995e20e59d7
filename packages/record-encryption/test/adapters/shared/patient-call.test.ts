import { getEventListeners } from 'node:events'

import { describe, expect, it } from 'vitest'

import { AccessDeniedError, CircuitOpenError, KmsUnavailableError, type Clock } from '@keyfold/kms-api'

import { callPatiently, type Pulse } from '../../../src/adapters/shared/patient-call.ts'

const DETAILS = { provider: 'inmemory', operation: 'decryptEdek' } as const
const down = new KmsUnavailableError(DETAILS)

/** Timers fire at once and move the time. */
const leaping = (): Clock & { readonly time: () => number } => {
  let time = 0
  const now = (): number => time
  const schedule = (delayMs: number, callback: () => void): (() => void) => {
    const at = time + delayMs
    const immediate = setImmediate(() => {
      time = Math.max(time, at)
      callback()
    })
    return () => {
      clearImmediate(immediate)
    }
  }
  return { now, monotonic: now, schedule, time: now }
}

const pulse = (stopped = new AbortController().signal): Pulse => ({
  stopped,
  isActive: () => !stopped.aborted,
  heartbeat: () => Promise.resolve(),
})

describe('a call to the KMS under a heartbeat', () => {
  it('is made again while an outage is short', async () => {
    let calls = 0
    const result = await callPatiently(
      leaping(),
      async () => (++calls < 4 ? Promise.reject(down) : calls),
      pulse(),
      false,
    )
    expect(result).toEqual({ kind: 'done', value: 4 })
  })

  it.each([
    ['an outage', down, false],
    ['an open circuit', new CircuitOpenError(DETAILS), false],
    ['a denial', new AccessDeniedError(DETAILS), true],
    ['a fault of ours', new TypeError('x'), true],
  ])('ends as an outage for %s', async (_, error, slow) => {
    const clock = leaping()
    const result = await callPatiently(clock, () => Promise.reject(error), pulse(), false)
    expect(result).toMatchObject({ kind: 'outage', error, slow })
    if (slow) expect(clock.time()).toBe(0)
    else expect([clock.time() > 2_000, clock.time() <= 6_000]).toEqual([true, true])
  })

  it('is made once where the latest had no success, and is left in flight where it takes too long', async () => {
    let calls = 0
    expect(await callPatiently(leaping(), () => Promise.reject((calls++, down)), pulse(), true)).toMatchObject({
      kind: 'outage',
    })
    expect(calls).toBe(1)
    const { promise, resolve } = Promise.withResolvers<string>()
    const signals: AbortSignal[] = []
    const stop = new AbortController()
    const hanging = async (signal: AbortSignal): Promise<string> => {
      signals.push(signal)
      return promise
    }
    const result = await callPatiently(leaping(), hanging, pulse(stop.signal), true)
    expect(result).toMatchObject({ kind: 'outage', slow: false })
    expect(signals[0]?.aborted).toBe(false)
    stop.abort(new Error('stopped'))
    expect(signals[0]?.aborted).toBe(true)
    resolve('late')
    expect(result.kind === 'outage' ? await result.pending : undefined).toBe('late')
  })

  it('leaves nothing behind at the signal of a consumer that runs for months', async () => {
    const stop = new AbortController()
    for (let i = 0; i < 100; i++) await callPatiently(leaping(), async () => i, pulse(stop.signal), false)
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  it('ends with the error of the heartbeat, and is aborted', async () => {
    const rebalance = new Error('rebalance')
    const signals: AbortSignal[] = []
    const call = (signal: AbortSignal): Promise<never> => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    const beating = { ...pulse(), heartbeat: () => Promise.reject(rebalance) }
    await expect(callPatiently(leaping(), call, beating, false)).rejects.toBe(rebalance)
    expect(signals[0]?.reason).toBe(rebalance)
  })
})
