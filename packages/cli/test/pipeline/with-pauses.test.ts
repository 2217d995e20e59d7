import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { withPauses } from '../../src/pipeline/with-pauses.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A source that gives what it is told to, when it is told to. */
function controlled() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let ended = false
  async function* source(): AsyncGenerator<string, void, undefined> {
    try {
      yield 'first'
      yield await promise
    } finally {
      ended = true
    }
  }
  return { source: source(), resolve, reject, hasEnded: () => ended }
}

test('what comes without a pause is passed on as it is', async () => {
  const { source, resolve, hasEnded } = controlled()
  resolve('second')
  const got: unknown[] = []
  for await (const item of withPauses(source, 100)) got.push(item)
  expect(got).toEqual(['first', 'second'])
  expect(hasEnded()).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})

test('a pause is told once, and what comes behind it is not lost', async () => {
  const { source, resolve } = controlled()
  const paused = withPauses(source, 100)
  expect(await paused.next()).toEqual({ done: false, value: 'first' })
  const pause = paused.next()
  await vi.advanceTimersByTimeAsync(100)
  expect(await pause).toEqual({ done: false, value: undefined })
  const second = paused.next()
  await vi.advanceTimersByTimeAsync(10_000)
  resolve('second')
  expect(await second).toEqual({ done: false, value: 'second' })
  expect(await paused.next()).toEqual({ done: true, value: undefined })
})

test('who stops in a pause does not wait for a source that is silent', async () => {
  const { source, reject, hasEnded } = controlled()
  const paused = withPauses(source, 100)
  await paused.next()
  const pause = paused.next()
  await vi.advanceTimersByTimeAsync(100)
  await pause
  await paused.return()
  expect(hasEnded()).toBe(false)
  // What comes later is nobody's business any more, not even a failure.
  reject(new Error('closed'))
  await vi.advanceTimersByTimeAsync(0)
  expect(hasEnded()).toBe(true)
})

test('who stops between two items ends the source', async () => {
  const { source, hasEnded } = controlled()
  const paused = withPauses(source, 100)
  await paused.next()
  await paused.return()
  expect(hasEnded()).toBe(true)
})

test('a failure of the source is passed on', async () => {
  const { source, reject } = controlled()
  const paused = withPauses(source, 100)
  await paused.next()
  reject(new Error('broken'))
  await expect(paused.next()).rejects.toThrow('broken')
})
