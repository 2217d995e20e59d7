import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands in front of a real server and counts what reaches it, by operation. */
export interface CountingProxy {
  readonly url: string
  /** How many requests of each operation there were, for example `GenerateDataKey`. */
  readonly counts: ReadonlyMap<string, number>
  total(): number
  reset(): void
  stop(): Promise<void>
}

/** Starts a proxy on a free port of the loopback interface. */
export async function startCountingProxy(upstream: string): Promise<CountingProxy> {
  const counts = new Map<string, number>()
  const { hostname, port } = new URL(upstream)
  const server = createServer((incoming, answer) => {
    const operation = operationOf(incoming)
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
    forward(incoming, answer, { hostname, port })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    reset: () => {
      counts.clear()
    },
    stop: () => stop(server),
  }
}

function operationOf({ headers, url }: IncomingMessage): string {
  const target = headers['x-amz-target']
  return typeof target === 'string' ? target.replace('TrentService.', '') : (url ?? '/')
}

function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  to: { readonly hostname: string; readonly port: string },
): void {
  const outgoing = request(
    { ...to, method: incoming.method, path: incoming.url, headers: incoming.headers },
    (upstream) => {
      answer.writeHead(upstream.statusCode ?? 502, upstream.headers)
      upstream.pipe(answer)
    },
  )
  outgoing.on('error', () => {
    answer.destroy()
  })
  answer.on('close', () => {
    if (!answer.writableFinished) outgoing.destroy()
  })
  incoming.pipe(outgoing)
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
