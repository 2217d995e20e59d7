import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

import { onTestFinished } from 'vitest'

/** A server on the loopback interface that ends with the test. */
export interface TlsServer {
  readonly url: string
  readonly server: Server
  /** How many connections there were. */
  connections(): number
  /** How many bytes of requests: none before a handshake is complete. */
  bytes(): number
}

/** Serves one test over TLS. */
export async function serveTls(tls: ServerOptions, listener: RequestListener): Promise<TlsServer> {
  const server = createServer(tls, listener)
  let connections = 0
  let bytes = 0
  server.on('secureConnection', (socket: Socket) => {
    connections++
    socket.on('data', (chunk) => {
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
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    connections: () => connections,
    bytes: () => bytes,
  }
}
