import { createServer, type Server } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { BODY_CANARY, FaultProxy, seededScript, type Fault, type ProxySecurity } from '../../src/faults/index.ts'

let upstream: Server
let proxy: FaultProxy
const origin = () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`

beforeAll(async () => {
  upstream = createServer((incoming, response) => {
    incoming.resume()
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ path: incoming.url, host: incoming.headers.host }))
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  proxy = await FaultProxy.start(origin)
})
afterAll(async () => {
  await proxy.stop()
  upstream.close()
})
afterEach(() => {
  proxy.always({ kind: 'pass' })
})

const ask = (options: RequestInit = {}) =>
  fetch(`${proxy.origin}/keys/a?x=1`, { method: 'POST', body: '{}', ...options })
const failure = async (fault: Fault): Promise<string> => {
  proxy.always(fault)
  return await ask()
    .then((answer) => answer.text())
    .then(
      () => 'success',
      (error: unknown) => (error as Error).name,
    )
}

test('a request passes with its path and its host, which signatures cover', async () => {
  expect(await (await ask()).json()).toEqual({ path: '/keys/a?x=1', host: new URL(proxy.origin).host })
})

test('faults come in the order of the script, and then requests pass', async () => {
  proxy.next({ kind: 'answer', status: 503 }, { kind: 'answer', status: 429, headers: { 'retry-after': '2' } })
  const answers = [await ask(), await ask(), await ask()]
  expect(answers.map(({ status }) => status)).toEqual([503, 429, 200])
  expect(answers[1]?.headers.get('retry-after')).toBe('2')
})

test('what was received is listed with the operation, without headers and bodies', async () => {
  const before = proxy.requests.length
  await ask({ headers: { 'x-amz-target': 'TrentService.Decrypt', authorization: 'a secret' } })
  expect(proxy.requests.slice(before)).toEqual([
    { method: 'POST', path: '/keys/a?x=1', target: 'Decrypt', fault: 'pass' },
  ])
})

test('a canary in the body shows who quotes answers', async () => {
  proxy.always({ kind: 'answer', status: 400, canary: true })
  expect(await (await ask()).text()).toContain(BODY_CANARY)
})

test('a redirect that is followed is counted at the other origin', async () => {
  proxy.always({ kind: 'redirect', status: 307, to: 'other-origin' })
  await ask({ redirect: 'manual' })
  expect(proxy.strays).toBe(0)
  await ask()
  expect(proxy.strays).toBe(1)
})

describe('an answer that is spoilt is an error of the client', () => {
  for (const how of ['half-then-close', 'half-then-reset', 'half-chunked', 'headers-then-reset'] as const) {
    test(how, async () => {
      expect(await failure({ kind: 'spoil', how })).toBe('TypeError')
    })
  }

  test('reset or closed before the headers', async () => {
    expect(await failure({ kind: 'hang-up', how: 'reset' })).toBe('TypeError')
    expect(await failure({ kind: 'hang-up', how: 'close' })).toBe('TypeError')
  })

  test('no HTTP', async () => {
    expect(await failure({ kind: 'raw', text: 'SSH-2.0\r\n' })).toBe('TypeError')
  })
})

describe('an answer that is slow or strange still arrives', () => {
  for (const how of ['tiny-chunks', 'drip', 'drip-headers', 'gzip', 'early-hints', 'close-after'] as const) {
    test(how, async () => {
      proxy.always({ kind: 'spoil', how, everyMs: 1 })
      expect(await (await ask()).json()).toMatchObject({ path: '/keys/a?x=1' })
    })
  }

  test('10 MB', async () => {
    proxy.always({ kind: 'body', made: '10-mb-json' })
    expect((await (await ask()).text()).length).toBeGreaterThan(10_000_000)
  })
})

test('silence lasts until the client gives up', async () => {
  proxy.always({ kind: 'silence' })
  await expect(ask({ signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout')
})

describe('a client that trusts the authority', () => {
  const codes: readonly (readonly [ProxySecurity, string])[] = [
    ['good', '200'],
    ['self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not-yet-valid', 'CERT_NOT_YET_VALID'],
    ['wrong-host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['unknown-ca', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['tls-1.1', 'EPROTO'],
    ['plain', 'EPROTO'],
  ]
  for (const [security, expected] of codes) {
    test(`meets ${expected} for ${security}`, async () => {
      const secure = await FaultProxy.start(origin, security)
      try {
        const got = await new Promise<string>((resolve) => {
          request(secure.origin, { ca: secure.ca, agent: false }, (answer) => {
            answer.resume()
            resolve(String(answer.statusCode))
          })
            .on('error', (error: NodeJS.ErrnoException) => {
              resolve(error.code ?? error.name)
            })
            .end()
        })
        expect(got).toBe(expected)
      } finally {
        await secure.stop()
      }
    })
  }
})

test('a script from a seed is the same each time and keeps its shares', () => {
  const draw = (seed: number) => {
    const script = seededScript(seed, [
      { fault: { kind: 'silence' }, weight: 0.1 },
      { fault: { kind: 'answer', status: 503 }, weight: 0.2 },
    ])
    return Array.from({ length: 1_000 }, (_, i) => script({ method: 'POST', path: '/', number: i + 1 }).kind)
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  const silent = draw(7).filter((kind) => kind === 'silence').length
  expect(silent).toBeGreaterThan(60)
  expect(silent).toBeLessThan(140)
})
