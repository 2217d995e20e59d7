import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { TcpRelay } from '../../src/faults/tcp-relay.ts'

const server = createServer((_, response) => response.end('right'))
let relay: TcpRelay

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  relay = await TcpRelay.start(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

afterEach(async () => {
  await relay.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const get = async () => await (await fetch(relay.origin)).text()

describe('a relay', () => {
  test('passes bytes on', async () => {
    expect(await get()).toBe('right')
  })

  test('refuses connections while it is interrupted, and accepts them again at the same address', async () => {
    const { origin } = relay
    await get()
    await relay.interrupt()
    await relay.interrupt()
    await expect(get()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await relay.restore()
    await relay.restore()
    expect(relay.origin).toBe(origin)
    expect(await get()).toBe('right')
  })
})
