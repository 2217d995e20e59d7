import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import net from 'node:net'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import {
  createHttpClient,
  HttpFailure,
  type HttpClient,
  type HttpClientOptions,
  type HttpResponse,
} from '../../../src/provider-kit/index.ts'
import { listen, type Peer } from './peer.ts'

/** Longer than any test: whatever waits for this has failed. */
const NEVER = 600_000

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

async function client(options: Partial<HttpClientOptions> = {}): Promise<HttpClient> {
  const http = await createHttpClient({ timeoutMs: NEVER, connectMs: NEVER, ...options })
  onTestFinished(() => http.close())
  return http
}

async function get(
  http: HttpClient,
  { port }: Peer,
  more: { readonly protocol?: string; readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<HttpResponse> {
  const { protocol = 'http', ...rest } = more
  return await http.request({ method: 'GET', url: new URL(`${protocol}://127.0.0.1:${port}/`), headers: {}, ...rest })
}

async function reasonOf(running: Promise<unknown>): Promise<unknown> {
  return await running.then(
    () => 'a response',
    (error: unknown) => (error instanceof HttpFailure ? error.reason : error),
  )
}

describe('every wait of a request', () => {
  it.each([
    ['a TLS handshake', 'https', undefined],
    ['headers', 'http', undefined],
    ['the rest of the headers', 'http', 'HTTP/1.1 200 OK\r\ncontent-'],
    ['a body', 'http', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'],
    ['the rest of a body', 'http', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no'],
    ['the next chunk of a body', 'http', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n'],
  ])(
    'for %s ends with the deadline, with the signal and with close(), and so does its connection',
    async (_, protocol, sent) => {
      const peer = await listen((socket) => {
        if (sent !== undefined) socket.write(sent)
      })
      const http = await client()
      expect(await reasonOf(get(http, peer, { protocol, timeoutMs: 20 }))).toBe('timeout')
      await peer.empty()

      const controller = new AbortController()
      const reason = { not: 'an error' }
      const aborted = reasonOf(get(http, peer, { protocol, signal: controller.signal }))
      await peer.next()
      await peer.next()
      controller.abort(reason)
      expect(await aborted).toBe(reason)
      await peer.empty()

      const running = reasonOf(get(http, peer, { protocol }))
      await peer.next()
      await http.close()
      expect(await running).toBe('closed')
      await peer.empty()
    },
  )

  it('for a free connection ends with the deadline, with the signal and with close()', async () => {
    const peer = await listen()
    const http = await client({ maxConnections: 1 })
    const first = reasonOf(get(http, peer))
    await peer.next()
    expect(await reasonOf(get(http, peer, { timeoutMs: 20 }))).toBe('timeout')
    const controller = new AbortController()
    const aborted = reasonOf(get(http, peer, { signal: controller.signal }))
    const reason = { not: 'an error' }
    controller.abort(reason)
    expect(await aborted).toBe(reason)
    const waiting = reasonOf(get(http, peer))
    await http.close()
    expect(await Promise.all([first, waiting])).toEqual(['closed', 'closed'])
    await peer.empty()
  })

  it('ends for 500 requests to a server that does not finish its TLS handshakes', async () => {
    const peer = await listen()
    const http = await client({ maxConnections: 5, timeoutMs: 200 })
    const reasons = await Promise.all(
      Array.from({ length: 500 }, () => reasonOf(get(http, peer, { protocol: 'https' }))),
    )
    expect(new Set(reasons)).toEqual(new Set(['timeout']))
    await peer.empty()
  })
})

describe('a connection that nobody waits for any more', () => {
  it('does not take the place of the next one', async () => {
    const peer = await listen((socket, index) => {
      if (index >= 3) socket.once('data', () => socket.write(OK))
    })
    const http = await client({ maxConnections: 1 })
    for (let i = 0; i < 3; i++) expect(await reasonOf(get(http, peer, { timeoutMs: 20 }))).toBe('timeout')
    expect((await get(http, peer)).status).toBe(200)
  })

  it('lets the requests that wait for a turn go on in their order', async () => {
    const peer = await listen((socket, index) => {
      if (index > 0) socket.on('data', () => socket.write(OK))
    })
    const http = await client({ maxConnections: 1 })
    const order: number[] = []
    const controller = new AbortController()
    const first = reasonOf(get(http, peer, { signal: controller.signal }))
    const others = [1, 2, 3].map(async (number) => {
      await get(http, peer)
      order.push(number)
    })
    await peer.next()
    controller.abort()
    await Promise.all([first, ...others])
    expect(order).toEqual([1, 2, 3])
  })
})

describe('a body that is rejected and does not end', () => {
  it.each([
    ['a redirect', 'HTTP/1.1 307 X\r\nlocation: /\r\ncontent-length: 9\r\n\r\n', 'redirect'],
    ['a compressed body', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n', 'encoded'],
    ['a length that is too long', 'HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\nx', 'too-large'],
    [
      'more than fits',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10001\r\n${'x'.repeat(65_537)}\r\n`,
      'too-large',
    ],
  ])('frees its connection: %s', async (_, sent, reason) => {
    const peer = await listen((socket, index) => {
      socket.once('data', () => socket.write(index === 0 ? sent : OK))
    })
    const http = await client({ maxConnections: 1 })
    expect(await reasonOf(get(http, peer))).toBe(reason)
    expect((await get(http, peer)).status).toBe(200)
    const first = await peer.next()
    if (!first.closed) await once(first, 'close')
    expect(peer.open.size).toBe(1)
  })

  it('is not read to its end', async () => {
    const total = 64 * 1_024 * 1_024
    let written = 0
    const peer = await listen((socket) => {
      const chunk = Buffer.alloc(65_536)
      const more = (): void => {
        while (written < total && !socket.destroyed) {
          written += chunk.length
          if (!socket.write(chunk)) {
            socket.once('drain', more)
            return
          }
        }
      }
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n\r\n`)
        more()
      })
    })
    expect(await reasonOf(get(await client(), peer))).toBe('too-large')
    await peer.empty()
    expect(written).toBeLessThan(total / 2)
  })
})

describe('connections', () => {
  it('are closed by close(), the one in use, the idle one and the one that is being opened', async () => {
    const peer = await listen((socket, index) => {
      if (index === 0) socket.once('data', () => socket.write(OK))
    })
    const http = await createHttpClient({ timeoutMs: NEVER, connectMs: NEVER })
    await get(http, peer)
    await peer.next()
    const used = reasonOf(get(http, peer))
    const opening = reasonOf(get(http, peer, { protocol: 'https' }))
    await peer.next()
    expect(peer.open.size).toBe(2)
    await http.close()
    expect(await Promise.all([used, opening])).toEqual(['closed', 'closed'])
    await peer.empty()
    expect(peer.open.size).toBe(0)
  })

  it('end after four idle seconds, and are not used after that even when the timer is late', async () => {
    let now = 0
    const timers: { delayMs: number; callback: () => void; cancelled: boolean }[] = []
    const clock = { now: () => 0, monotonic: () => now }
    const peer = await listen((socket) => socket.on('data', () => socket.write(OK)))
    const http = await client({
      clock,
      schedule: (delayMs, callback) => {
        const timer = { delayMs, callback, cancelled: false }
        timers.push(timer)
        return () => {
          timer.cancelled = true
        }
      },
    })
    await get(http, peer)
    now = 3_999
    await get(http, peer)
    expect(timers.map(({ delayMs, cancelled }) => [delayMs, cancelled])).toEqual([
      [4_000, true],
      [4_000, false],
    ])
    await peer.next()
    timers[1]?.callback()
    await peer.empty()

    await get(http, peer)
    await peer.next()
    now += 4_000
    await get(http, peer)
    await peer.next()
  })

  it('are given up after connectMs', async () => {
    const peer = await listen()
    const http = await client({ connectMs: 20 })
    const error: unknown = await get(http, peer, { protocol: 'https' }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ reason: 'timeout', cause: { code: 'CONNECT_TIMEOUT' } })
    await peer.empty()
  })

  it.each([
    ['ETIMEDOUT', 'timeout'],
    ['EHOSTUNREACH', 'network'],
    ['ENOTFOUND', 'network'],
  ])('that fail with %s are a failure of kind %s', async (code, reason) => {
    const connect = vi.spyOn(net, 'connect').mockImplementation(() => {
      const socket = new net.Socket()
      process.nextTick(() => socket.destroy(Object.assign(new Error(code), { code })))
      return socket
    })
    onTestFinished(() => {
      connect.mockRestore()
    })
    const http = await client()
    const error: unknown = await http
      .request({ method: 'GET', url: new URL('http://127.0.0.1:1/'), headers: {} })
      .catch((failure: unknown) => failure)
    expect(error).toMatchObject({ reason, cause: { code } })
  })
})
