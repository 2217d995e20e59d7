import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

import { onTestFinished } from 'vitest'

/** A TCP server on the loopback interface that does only what a test says, and ends with it. */
export interface Peer {
  readonly port: number
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>
  /** Resolves with the next connection that was not returned yet. */
  next(): Promise<Socket>
  /** Resolves when no connection is open. */
  empty(): Promise<void>
}

/** Accepts connections and lets `serve` handle them; by default it stays silent, as a server that hangs does. */
export async function listen(serve: (socket: Socket, index: number) => void = () => undefined): Promise<Peer> {
  const open = new Set<Socket>()
  const accepted: Socket[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      open.delete(socket)
      server.emit('left')
    })
    // Without a reader, the end of the connection would go unnoticed.
    socket.resume()
    accepted.push(socket)
    serve(socket, count++)
    server.emit('accepted')
  })
  let count = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return {
    port: (server.address() as AddressInfo).port,
    open,
    async next() {
      while (accepted.length === 0) await once(server, 'accepted')
      return accepted.shift() as Socket
    },
    async empty() {
      while (open.size > 0) await once(server, 'left')
    },
  }
}
