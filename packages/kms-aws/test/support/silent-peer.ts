import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Accepts connections, reads, and never sends a byte: to a TLS client, a handshake that never ends. */
export class SilentPeer {
  readonly sockets = new Set<Socket>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((socket) => {
      this.sockets.add(socket)
      socket.on('error', () => undefined).resume()
      socket.on('close', () => this.sockets.delete(socket))
    })
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get authority(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }
}
