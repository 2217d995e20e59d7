import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'

/** Idle connections end before the NAT gateways and load balancers between forget them, which they do without telling either side. */
export const IDLE_MS = 4_000

/** How connections are made. */
export interface AgentOptions {
  readonly maxConnections: number
  /** The deadline of one connection, TLS handshake included. */
  readonly connectMs: number
  /** After so long without a request, a connection is closed. */
  readonly idleMs?: number | undefined
  /** Authorities that are trusted instead of those of Node.js, as PEM. */
  readonly ca?: string | undefined
}

/** The agents of one client. */
export interface Agents {
  readonly httpAgent: HttpAgent
  readonly httpsAgent: HttpsAgent
  /** Closes all connections, also those in use, and makes no others. */
  close(): void
}

/**
 * Creates agents that always verify the server's certificate, whatever `NODE_TLS_REJECT_UNAUTHORIZED` and `NODE_OPTIONS` say.
 *
 * The SDK has a connection timeout of its own, which also counts the wait for a free connection: under load it would report a healthy KMS as
 * unreachable. These agents time the connection alone.
 */
export function createAgents({ maxConnections, connectMs, idleMs = IDLE_MS, ca }: AgentOptions): Agents {
  const options = { keepAlive: true, maxSockets: maxConnections, scheduling: 'lifo' } as const
  const tls = { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) } as const
  const httpAgent = new HttpAgent(options)
  const httpsAgent = new HttpsAgent({ ...options, ...tls })
  for (const agent of [httpAgent, httpsAgent]) closeWhenIdle(agent, idleMs)
  const state = { closed: false }
  limitConnecting(httpAgent, 'connect', connectMs, state)
  limitConnecting(httpsAgent, 'secureConnect', connectMs, state)
  return {
    httpAgent,
    httpsAgent,
    close() {
      state.closed = true
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

/** The two agents declare different options for the same methods. */
interface Connecting {
  createConnection(options: object, callback?: (error: Error | null) => void): Duplex | null | undefined
}

/** @see https://nodejs.org/api/http.html#agentkeepsocketalivesocket */
interface Timed {
  keepSocketAlive(socket: Duplex): boolean
  reuseSocket(socket: Duplex, request: object): void
}

function closeWhenIdle(given: HttpAgent, idleMs: number): void {
  // Its declaration omits the result, which says whether the connection is kept.
  const agent = given as unknown as Timed
  const keep = agent.keepSocketAlive.bind(agent)
  const reuse = agent.reuseSocket.bind(agent)
  const timers = new WeakMap<Duplex, NodeJS.Timeout>()
  agent.keepSocketAlive = (socket) => {
    if (!keep(socket)) return false
    if (!timers.has(socket))
      socket.once('close', () => {
        clearTimeout(timers.get(socket))
      })
    const end = (): void => {
      socket.destroy()
    }
    timers.set(socket, setTimeout(end, idleMs).unref())
    return true
  }
  agent.reuseSocket = (socket, request) => {
    clearTimeout(timers.get(socket))
    reuse(socket, request)
  }
}

/** A destroyed agent would still connect for requests that wait in its queue. */
function limitConnecting(
  given: object,
  connected: string,
  connectMs: number,
  state: { readonly closed: boolean },
): void {
  const agent = given as Connecting
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    if (state.closed) {
      const error = Object.assign(new Error('the client is closed'), { code: 'ECONNABORTED' })
      process.nextTick(() => callback?.(error))
      return undefined
    }
    const socket = connect(options, callback)
    if (socket) giveUpAfter(socket, connected, connectMs)
    return socket
  }
}

function giveUpAfter(socket: Duplex, connected: string, connectMs: number): void {
  const timer = setTimeout(() => {
    socket.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }))
  }, connectMs)
  for (const event of [connected, 'close'])
    socket.once(event, () => {
      clearTimeout(timer)
    })
}
