import { describe, expect, it } from 'vitest'

import { abortable } from '../../src/dek/abortable.ts'
import { rejectionOf, settled } from '../records/support.ts'
import { noticeUnhandledRejections } from './world.ts'

noticeUnhandledRejections()

describe('a wait for what others wait for too', () => {
  it('ends with the reason of a signal that is aborted already, and leaves no later failure to nobody', async () => {
    const { promise, reject } = Promise.withResolvers<string>()
    expect(await rejectionOf(abortable(promise, AbortSignal.abort('enough')))).toBe('enough')
    reject(new Error('later'))
    await settled()
  })

  it('ends with the reason of a signal that is aborted meanwhile, and leaves no later failure to nobody', async () => {
    const { promise, reject } = Promise.withResolvers<string>()
    const controller = new AbortController()
    const waiting = abortable(promise, controller.signal)
    controller.abort('enough')
    expect(await rejectionOf(waiting)).toBe('enough')
    reject(new Error('later'))
    await settled()
  })

  it.each([undefined, new AbortController().signal])('gives what comes, or its failure (%s)', async (signal) => {
    expect(await abortable(Promise.resolve('it'), signal)).toBe('it')
    await expect(abortable(Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed')
  })
})
