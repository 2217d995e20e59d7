import { Buffer } from 'node:buffer'
import { getEventListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'

import { describe, expect, it, onTestFinished } from 'vitest'

import {
  createHttpClient,
  HttpFailure,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
} from '../../../src/provider-kit/index.ts'
import { serve } from './serve.ts'

const TOKEN = 'kf-canary-token'

async function client(options: Partial<HttpClientOptions> = {}): Promise<HttpClient> {
  const made = await createHttpClient({ timeoutMs: 2_000, connectMs: 2_000, ...options })
  onTestFinished(() => made.close())
  return made
}

function get(origin: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: new URL('/v1/x?y=1', origin), headers: { 'x-token': TOKEN }, ...more }
}

async function failure(running: Promise<unknown>): Promise<HttpFailure> {
  const error: unknown = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(HttpFailure)
  return error as HttpFailure
}

describe('an HTTP client for providers', () => {
  it('sends method, path, headers and body, and gives status, headers and bytes', async () => {
    const { origin } = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        const { method, url, headers } = request
        response
          .writeHead(418, { 'X-One': 'a', 'set-cookie': ['b', 'c'] })
          .end(JSON.stringify([method, url, headers['x-token'], headers['accept-encoding'], body]))
      })
    })
    const answer = await (await client()).request(get(origin, { method: 'POST', body: '{"a":1}' }))
    expect(answer.status).toBe(418)
    expect(answer.headers).toMatchObject({ 'x-one': 'a', 'set-cookie': 'b' })
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual(['POST', '/v1/x?y=1', TOKEN, 'identity', '{"a":1}'])
  })

  it('gives bytes in memory of their own, which their owner can zero', async () => {
    const { origin } = await serve((_, response) => response.end('abc'))
    const { body } = await (await client()).request(get(origin))
    expect(body.buffer.byteLength).toBe(3)
  })

  it('uses connections again for calls that follow each other', async () => {
    const server = await serve((_, response) => response.end('{}'))
    const http = await client()
    for (let i = 0; i < 20; i++) await http.request(get(server.origin))
    expect(server.connections()).toBeLessThanOrEqual(2)
  })

  it('opens no more connections than it may', async () => {
    const server = await serve((_, response) => setTimeout(() => response.end('{}'), 5))
    const http = await client({ maxConnections: 3 })
    await Promise.all(Array.from({ length: 30 }, () => http.request(get(server.origin))))
    expect(server.connections()).toBeLessThanOrEqual(3)
  })

  it.each([301, 302, 303, 307, 308])(
    'follows no redirect %i, so that no secret reaches another origin',
    async (status) => {
      const other = await serve((_, response) => response.end('{}'))
      const { origin } = await serve((_, response) =>
        response.writeHead(status, { location: `${other.origin}/v1/x` }).end(),
      )
      expect(await failure((await client()).request(get(origin)))).toMatchObject({ reason: 'redirect', status })
      expect(other.connections()).toBe(0)
    },
  )

  it('stops reading a body that is too long, whether it says so or not', async () => {
    const long = 'x'.repeat(65_537)
    const { origin } = await serve((request, response) => {
      if (request.url === '/said') response.end(long)
      else {
        response.write(long)
        response.write(long)
      }
    })
    const http = await client()
    for (const path of ['/said', '/unsaid']) {
      expect(await failure(http.request(get(origin, { url: new URL(path, origin) })))).toMatchObject({
        reason: 'too-large',
        status: 200,
      })
    }
    const { body } = await (await client({ maxBytes: 65_537 })).request(get(origin, { url: new URL('/said', origin) }))
    expect(body.length).toBe(65_537)
  })

  it('reads no compressed body: nobody asked for one, and it could be of any length', async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000))),
    )
    expect(await failure((await client()).request(get(origin)))).toMatchObject({ reason: 'encoded' })
  })

  it('refuses endless headers', async () => {
    const { origin } = await serve((_, response) => response.writeHead(200, { long: 'x'.repeat(20_000) }).end())
    expect(await failure((await client()).request(get(origin)))).toMatchObject({ reason: 'too-large' })
  })

  it('keeps its deadline while headers or the body do not come', async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === '/body') response.write('{')
    })
    const http = await client({ timeoutMs: 60 })
    for (const path of ['/headers', '/body']) {
      expect(await failure(http.request(get(origin, { url: new URL(path, origin) })))).toMatchObject({
        reason: 'timeout',
      })
    }
    expect(await failure(http.request(get(origin, { url: new URL('/headers', origin), timeoutMs: 5 })))).toMatchObject({
      reason: 'timeout',
    })
  })

  it('ends with the reason of a signal, and leaves no listener on it', async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === '/v1/x?y=1') response.end('{}')
    })
    const http = await client()
    const controller = new AbortController()
    await http.request(get(origin, { signal: controller.signal }))
    const running = http.request(get(origin, { url: new URL('/never', origin), signal: controller.signal }))
    const reason = { not: 'an error' }
    setTimeout(() => {
      controller.abort(reason)
    }, 20)
    await expect(running).rejects.toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    await expect(http.request(get(origin, { signal: controller.signal }))).rejects.toBe(reason)
  })

  it('ends what runs when it is closed, and refuses what comes later', async () => {
    const { origin } = await serve(() => undefined)
    const http = await createHttpClient({ timeoutMs: 2_000, connectMs: 2_000 })
    const running = failure(http.request(get(origin)))
    await http.close()
    await http.close()
    expect(await running).toMatchObject({ reason: 'closed' })
    expect(await failure(http.request(get(origin)))).toMatchObject({ reason: 'closed' })
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['a reset before the answer', (response) => response.socket?.resetAndDestroy()],
    [
      'half a body',
      (response) => {
        response.writeHead(200, { 'content-length': 10 }).write('12345', () => response.socket?.destroy())
      },
    ],
    [
      'no HTTP',
      (response) => {
        response.socket?.end('SSH-2.0-x\r\n')
      },
    ],
  ])('calls %s a failure of the network', async (_, answer) => {
    const { origin } = await serve((__, response) => {
      answer(response)
    })
    expect(await failure((await client()).request(get(origin)))).toMatchObject({ reason: 'network' })
  })

  it('shows neither URL, header nor body in its failures', async () => {
    const http = await client()
    const error = await failure(http.request(get('http://127.0.0.1:1', { method: 'POST', body: 'kf-canary-body' })))
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
    expect(inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)).not.toMatch(/canary|\/v1\/x/)
  })

  it('takes no proxy from the environment', async () => {
    const proxy = await serve((_, response) => response.end('{}'))
    const server = await serve((_, response) => response.end('{}'))
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) process.env[name] = proxy.origin
    onTestFinished(() => {
      for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) Reflect.deleteProperty(process.env, name)
    })
    await (await client()).request(get(server.origin))
    expect([proxy.connections(), server.connections()]).toEqual([0, 1])
  })
})
