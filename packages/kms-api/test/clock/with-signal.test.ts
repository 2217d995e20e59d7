import { describe, expect, it, vi } from 'vitest'

import { withSignal } from '../../src/index.ts'

describe('work under a signal', () => {
  it('gives its result, with and without a signal, and leaves no listener', async () => {
    const { signal } = new AbortController()
    const add = vi.spyOn(signal, 'addEventListener')
    const remove = vi.spyOn(signal, 'removeEventListener')
    expect(await withSignal(() => Promise.resolve(5), undefined)).toBe(5)
    expect(await withSignal(() => Promise.resolve(6), signal)).toBe(6)
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(add.mock.calls.map(([, listener]) => listener))
    expect(add).toHaveBeenCalledTimes(1)
  })

  it('rejects with its own error when nobody aborts', async () => {
    await expect(withSignal(() => Promise.reject(new Error('own')), new AbortController().signal)).rejects.toThrow(
      'own',
    )
    await expect(withSignal(() => Promise.reject(new Error('own')), undefined)).rejects.toThrow('own')
  })

  it('is not started when the signal is aborted already', async () => {
    const work = vi.fn(() => Promise.resolve(1))
    await expect(withSignal(work, AbortSignal.abort('reason'))).rejects.toBe('reason')
    expect(work).not.toHaveBeenCalled()
  })

  it('rejects with the reason at once, and hands over a result that comes too late', async () => {
    const controller = new AbortController()
    const discard = vi.fn()
    let finish: (value: string) => void = () => undefined
    const result = withSignal(() => new Promise<string>((resolve) => (finish = resolve)), controller.signal, discard)
    const reason = new Error('stop')
    controller.abort(reason)
    await expect(result).rejects.toBe(reason)
    expect(discard).not.toHaveBeenCalled()
    finish('late')
    await vi.waitFor(() => {
      expect(discard).toHaveBeenCalledWith('late')
    })
  })

  it('rejects with the reason, not with the abort error that the work made of it', async () => {
    const controller = new AbortController()
    const work = (): Promise<never> =>
      new Promise((_, reject) => {
        controller.signal.addEventListener('abort', () => {
          reject(new Error('vendor says: aborted'))
        })
      })
    const result = withSignal(work, controller.signal)
    controller.abort('reason')
    await expect(result).rejects.toBe('reason')
  })

  it('lets no late failure escape, neither of the work nor of the clean-up', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      for (const late of [() => Promise.reject(new Error('late')), () => Promise.resolve()]) {
        const controller = new AbortController()
        let finish: () => void = () => undefined
        const result = withSignal(
          () => new Promise<void>((resolve) => (finish = resolve)).then(late),
          controller.signal,
          () => {
            throw new Error('clean-up')
          },
        )
        controller.abort('reason')
        await expect(result).rejects.toBe('reason')
        finish()
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})
