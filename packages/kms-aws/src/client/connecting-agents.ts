import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'

/** How connections are made. */
export interface AgentOptions {
  readonly maxSockets: number
  /** The deadline of one connection, TLS included. */
  readonly connectMs: number
  /** Authorities that are trusted instead of Node's, as PEM. */
  readonly ca?: string | undefined
}

/**
 * Makes agents that keep connections alive and give up one that is not made in time. The SDK has a timeout of that name, which also counts the
 * wait for a free connection: under load it would report a KMS that is well as unreachable.
 */
export function connectingAgents({ maxSockets, connectMs, ca }: AgentOptions): {
  readonly httpAgent: HttpAgent
  readonly httpsAgent: HttpsAgent
} {
  const options = { keepAlive: true, maxSockets }
  const httpAgent = new HttpAgent(options)
  const httpsAgent = new HttpsAgent({ ...options, ...(ca !== undefined && { ca }) })
  limit(httpAgent, 'connect', connectMs)
  limit(httpsAgent, 'secureConnect', connectMs)
  return { httpAgent, httpsAgent }
}

/** The two agents declare different options for the same method. */
interface Connecting {
  createConnection(options: object, callback?: () => void): Duplex | null | undefined
}

function limit(agent: Connecting, connected: string, connectMs: number): void {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
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
