import type { KmsConfig } from '@keyfold/kms-api'

import type { Interruption } from '../facade/situation.ts'
import { TcpRelay } from './tcp-relay.ts'

/**
 * Returns a path to a server that can be interrupted and restored, for `KmsFacade.interruptible`.
 *
 * @param upstream - the origin of the server on the loopback interface, for example `http://127.0.0.1:8200`.
 * @param config - returns the configuration of a client that reaches the server at the given origin.
 */
export async function interruptible(upstream: string, config: (origin: string) => KmsConfig): Promise<Interruption> {
  const relay = await TcpRelay.start(() => upstream)
  return {
    config: config(relay.origin),
    interrupt: () => relay.interrupt(),
    restore: () => relay.restore(),
    end: () => relay.stop(),
  }
}
