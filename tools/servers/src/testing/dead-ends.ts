import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** An address where nobody listens. */
export async function closedPort(): Promise<string> {
  const server = await silentServer()
  await server.end()
  return server.url
}

/** A server that accepts connections and never answers. */
export async function silentServer(): Promise<{ readonly url: string; end(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    end: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
