import type { Socket } from 'node:net'

import type { buildConnector, Client, Dispatcher } from 'undici'

import { withSignal } from '../../clock/with-signal.ts'
import type { Connect } from './connector.ts'
import type { UnreadResponse } from './read-body.ts'

/** Creates the client of one connection. */
export type CreateClient = (connect: buildConnector.connector) => Client

/** One connection to a server. It serves one request at a time, opens at the first and again when the server has closed it. */
export class Connection {
  readonly #abandoned = new AbortController()
  readonly #client: Client

  constructor(createClient: CreateClient, connect: Connect) {
    this.#client = createClient((options, callback) => {
      const settle = (error: Error | null, socket: Socket | null): void => {
        callback(...([error, socket] as Parameters<buildConnector.Callback>))
      }
      connect(options, this.#abandoned.signal).then(
        (socket) => {
          settle(null, socket)
        },
        (error: unknown) => {
          settle(error as Error, null)
        },
      )
    })
  }

  /** Sends a request, and returns its response when the headers have arrived. An abort takes effect at once, whatever is waited for. */
  async request(request: Omit<Dispatcher.RequestOptions, 'signal'>, signal: AbortSignal): Promise<UnreadResponse> {
    return await withSignal(() => this.#client.request({ ...request, signal }), signal, discard)
  }

  /** Closes the connection at once, also while it is being opened. */
  async destroy(): Promise<void> {
    this.#abandoned.abort()
    await this.#client.destroy()
  }
}

/** A response without a waiting caller: its error would have no other listener. */
function discard({ body }: UnreadResponse): void {
  body.on('error', () => undefined)
  body.destroy()
}
