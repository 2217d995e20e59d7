import { getEventListeners } from 'node:events'

import { describe, expect, it } from 'vitest'

import { callSignal, isSafeUrl, parseRetryAfter } from '../../../src/provider-kit/index.ts'

describe('where secrets may be sent', () => {
  it.each([
    'https://vault.example',
    'http://127.0.0.1:8200',
    'http://127.9.9.9',
    'http://localhost',
    'http://[::1]:80',
  ])('%s is safe', (url) => {
    expect(isSafeUrl(new URL(url))).toBe(true)
  })

  it.each([
    'http://vault.example',
    'http://10.0.0.1',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'http://[::2]',
    'ftp://127.0.0.1',
    'http://0.0.0.0',
  ])('%s is not', (url) => {
    expect(isSafeUrl(new URL(url))).toBe(false)
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-11-22T04:00:00Z')
  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Sun, 22 Nov 2026 04:00:05 GMT', 5_000],
    ['Sun, 22 Nov 2026 03:00:00 GMT', 0],
    [undefined, undefined],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['soon', undefined],
    ['Sun, nonsense', undefined],
    ['Sunday, 22-Nov-26 04:00:07 GMT', 7_000],
    ['Sun Nov 22 04:00:08 2026', 8_000],
    ['3600', 3_600_000],
    ['1000000', 3_600_000],
    ['9999999999', 3_600_000],
    ['9'.repeat(400), undefined],
    ['Tue, 01 Jan 2030 00:00:00 GMT', 3_600_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 3_600_000],
    ['2026-11-22', undefined],
    ['2030-01-01', undefined],
    ['Sun, 99 Nov 2026 04:00:05 GMT', undefined],
  ])('%s is %s ms', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected)
  })
})

describe('the signal of a call', () => {
  it('is aborted by any of its signals, also one that was before', () => {
    const controller = new AbortController()
    using first = callSignal(10_000, [undefined, controller.signal])
    expect(first.signal.aborted).toBe(false)
    controller.abort()
    using second = callSignal(10_000, [controller.signal])
    expect([first.signal.aborted, second.signal.aborted, first.timedOut, second.timedOut]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  it('is aborted by its deadline', async () => {
    using call = callSignal(5, [])
    await new Promise((resolve) => {
      call.signal.addEventListener('abort', resolve)
    })
    expect(call.timedOut).toBe(true)
  })

  it('leaves nothing behind', () => {
    const { signal } = new AbortController()
    const call = callSignal(10_000, [signal])
    call[Symbol.dispose]()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
