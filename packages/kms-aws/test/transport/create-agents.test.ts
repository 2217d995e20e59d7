import { once } from 'node:events'
import { createServer, get, type Agent, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { createAgents, IDLE_MS } from '../../src/transport/create-agents.ts'

let server: Server
let open = 0
let connections = 0

beforeEach(async () => {
  open = connections = 0
  server = createServer((_, response) => response.end('x'))
  server.keepAliveTimeout = 600_000
  server.on('connection', (socket) => {
    open++
    connections++
    socket.on('close', () => open--)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

async function request(agent: Agent): Promise<void> {
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port, agent }), 'response')) as [
    IncomingMessage,
  ]
  response.resume()
  await once(response, 'close')
}

describe('a connection', () => {
  it('is closed after 4 s without a request', () => {
    expect(IDLE_MS).toBe(4_000)
  })

  it('is closed when it was idle for so long, though the server would keep it', async () => {
    const { httpAgent, close } = createAgents({ maxConnections: 1, connectMs: 1_000, idleMs: 50 })
    await request(httpAgent)
    expect(open).toBe(1)
    await expect.poll(() => open, { timeout: 5_000 }).toBe(0)
    await request(httpAgent)
    expect(connections).toBe(2)
    close()
  })

  it('is used again before, any number of times', async () => {
    const { httpAgent, close } = createAgents({ maxConnections: 1, connectMs: 1_000, idleMs: 60_000 })
    for (let i = 0; i < 50; i++) await request(httpAgent)
    expect(connections).toBe(1)
    close()
    await expect.poll(() => open, { timeout: 5_000 }).toBe(0)
  })

  it('is not closed while a request runs that takes longer than that', async () => {
    server.removeAllListeners('request')
    server.on('request', (_, response) => setTimeout(() => response.end('x'), 200))
    const { httpAgent, close } = createAgents({ maxConnections: 1, connectMs: 1_000, idleMs: 100 })
    for (let i = 0; i < 3; i++) await request(httpAgent)
    expect(connections).toBe(1)
    close()
  })
})

describe('TLS', () => {
  it('is verified, at least version 1.2, whatever the environment says', () => {
    const { httpsAgent } = createAgents({ maxConnections: 1, connectMs: 1_000 })
    expect(httpsAgent.options).toMatchObject({ rejectUnauthorized: true, minVersion: 'TLSv1.2' })
  })
})
