import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { sanitizeCause } from '../../src/provider-kit/index.ts'

const CANARY = 'hvs-canary-4f1d9a'

class VendorException extends Error {
  override readonly name = 'AccessDeniedException'
  readonly $metadata = { httpStatusCode: 400, requestId: CANARY }
  readonly $response = { headers: { authorization: CANARY }, body: CANARY }
  readonly config = { token: CANARY }
}

function everything(error: Error): string {
  return [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error), error.stack].join('\n')
}

describe('the cause of an error', () => {
  it.each<[string, unknown, object]>([
    [
      'a system error',
      Object.assign(new Error(`connect ${CANARY}`), { code: 'ECONNREFUSED', syscall: 'connect', address: CANARY }),
      { name: 'Error', code: 'ECONNREFUSED', syscall: 'connect', message: 'ECONNREFUSED connect' },
    ],
    [
      "a vendor's exception",
      new VendorException(CANARY),
      { name: 'AccessDeniedException', status: 400, message: 'no code 400' },
    ],
    [
      'an answer with a status',
      Object.assign(new TypeError(CANARY), { statusCode: 503 }),
      { name: 'TypeError', status: 503 },
    ],
    [
      'a response with a status',
      Object.assign(new Error(CANARY), { response: { status: 429, data: CANARY } }),
      { status: 429 },
    ],
    [
      'a response with a status code',
      Object.assign(new Error(CANARY), { response: { statusCode: 404, body: CANARY } }),
      { status: 404 },
    ],
    [
      'a failed fetch, whose own cause knows more',
      new TypeError('fetch failed', {
        cause: Object.assign(new Error(CANARY), { name: 'ConnectTimeoutError', code: 'UND_ERR_CONNECT_TIMEOUT' }),
      }),
      { name: 'TypeError', code: 'UND_ERR_CONNECT_TIMEOUT' },
    ],
  ])('keeps what tells faults apart of %s, and nothing else', (_, error, expected) => {
    const cause = sanitizeCause(error)
    expect(cause).toBeInstanceOf(Error)
    expect(cause).toMatchObject(expected)
    expect(Object.keys(cause).every((key) => ['code', 'syscall', 'status'].includes(key))).toBe(true)
    expect(cause.cause).toBeUndefined()
    expect(everything(cause)).not.toContain(CANARY)
    expect(cause.stack).toBe(`${cause.name}: ${cause.message}`)
  })

  it.each<[string, unknown]>([
    ['text', CANARY],
    ['undefined', undefined],
    ['null', null],
    ['an object', { code: 'X', message: CANARY }],
    ['a function', () => CANARY],
  ])('is an error without facts when %s was thrown', (_, thrown) => {
    expect(sanitizeCause(thrown)).toMatchObject({ name: 'Error', message: 'no code' })
    expect(everything(sanitizeCause(thrown))).not.toContain(CANARY)
  })

  it('drops names, codes and statuses that are not of their usual form', () => {
    const odd = Object.assign(new Error('x'), {
      name: `Error: ${CANARY}`,
      code: `E ${CANARY}`,
      syscall: { toString: () => CANARY },
      status: 99,
      statusCode: '503',
      response: null,
      $metadata: { httpStatusCode: 600 },
    })
    const cause = sanitizeCause(odd)
    expect(cause).toMatchObject({ name: 'Error', message: 'no code' })
    expect(Object.keys(cause)).toEqual([])
  })

  it('survives getters that throw and causes that contain themselves', () => {
    const hostile = new Error('x')
    for (const key of ['name', 'code', 'syscall', 'status', 'cause']) {
      Object.defineProperty(hostile, key, {
        get: () => {
          throw new Error(CANARY)
        },
      })
    }
    expect(sanitizeCause(hostile)).toMatchObject({ name: 'Error', message: 'no code' })
    const loop = new Error('x')
    loop.cause = loop
    expect(sanitizeCause(loop)).toMatchObject({ name: 'Error' })
  })
})

describe('a numeric code of a vendor', () => {
  it('is kept in decimal', () => {
    // CKR_PIN_INCORRECT, CKR_VENDOR_DEFINED, and UNAVAILABLE of gRPC.
    for (const code of [160, 0x8000_0000, 14])
      expect(sanitizeCause(Object.assign(new Error('x'), { code }))).toMatchObject({ code: String(code) })
  })

  it('is dropped if it is no code', () => {
    for (const code of [0, -1, 1.5, Number.NaN, 2 ** 33])
      expect(sanitizeCause(Object.assign(new Error('x'), { code }))).not.toHaveProperty('code')
  })

  it('is dropped for a DOMException, whose name says more', () => {
    expect(sanitizeCause(new DOMException('late', 'TimeoutError'))).not.toHaveProperty('code')
  })
})
