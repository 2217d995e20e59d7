import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Relays connections, byte for byte, to a server on the loopback interface. While it is interrupted, its port refuses connections, as that of a stopped server. */
export class TcpRelay {
  readonly #upstream: () => string
  readonly #sockets = new Set<Socket>()
  #server: Server
  #port = 0

  private constructor(upstream: () => string) {
    this.#upstream = upstream
    this.#server = this.#listener()
  }

  /**
   * Starts a relay on a free port.
   *
   * @param upstream - returns the origin of the server, for example `https://127.0.0.1:8200`. Called for each connection.
   */
  static async start(upstream: () => string): Promise<TcpRelay> {
    const relay = new TcpRelay(upstream)
    await relay.restore()
    return relay
  }

  /** The origin of the server, with the port of the relay. Certificates stay valid, because the host is the same. */
  get origin(): string {
    const url = new URL(this.#upstream())
    url.port = String(this.#port)
    return url.origin
  }

  /** Resets every connection, and refuses new ones until {@link TcpRelay.restore}. Idempotent. */
  async interrupt(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.resetAndDestroy()
    await closed
  }

  /** Accepts connections again, on the same port. Idempotent. */
  async restore(): Promise<void> {
    if (this.#server.listening) return
    this.#server = this.#listener()
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Ends the relay and every connection through it. */
  async stop(): Promise<void> {
    await this.interrupt()
  }

  #listener(): Server {
    return createServer((socket) => {
      const { hostname, port } = new URL(this.#upstream())
      const onward = connect(Number(port), hostname)
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#sockets.add(one)
        one
          .on('error', () => other.resetAndDestroy())
          .once('close', () => {
            this.#sockets.delete(one)
            other.destroy()
          })
          .pipe(other)
      }
    })
  }
}
