import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

import { onTestFinished } from 'vitest'

/** A server on the loopback interface that ends with the test. */
export interface TestServer {
  readonly origin: string
  readonly port: number
  /** How many connections there were. */
  connections(): number
  /** The bytes that reached an application: none before a TLS handshake is complete. */
  bytes(): number
}

/** Serves one test. */
export async function serve(listener: RequestListener, tls?: ServerOptions): Promise<TestServer> {
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  let connections = 0
  let bytes = 0
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    connections++
    socket.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length
    })
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    bytes: () => bytes,
  }
}
