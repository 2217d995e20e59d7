import type { client as NodeVaultClient } from 'node-vault'

/** What a call hands through node-vault to the transport behind it. */
export const CALL = 'keyfoldCall'

/** What node-vault gives to the transport: of all this, only the path, the method and the body are used. */
export interface TransportOptions<Call> {
  /** Without `/v1`. */
  readonly path: string
  readonly method: string
  readonly json?: unknown
  readonly [CALL]: Call
}

/** What node-vault takes from the transport. */
export interface TransportResponse {
  readonly statusCode: number
  readonly body: unknown
  readonly request: { readonly path: string }
}

/** The two functions of node-vault that are used. */
export type ReadWrite = Pick<NodeVaultClient, 'read' | 'write'>

const quiet = (): void => undefined

/**
 * Makes a client of node-vault that only carries paths and bodies to `send`. Whatever it would take from the environment (address, token,
 * namespace, prefix, turning verification off) or add by itself (headers, redirects, renewals, log lines) does not get there.
 */
export async function createNodeVault<Call>(
  send: (options: TransportOptions<Call>) => Promise<TransportResponse>,
): Promise<ReadWrite> {
  const { default: nodeVault } = await import('node-vault')
  return nodeVault({
    endpoint: 'https://not-used.invalid',
    apiVersion: 'v1',
    // It would write bodies and tokens to the console for DEBUG=node-vault.
    debug: quiet,
    commands: {},
    'request-promise': { defaults: () => send },
  })
}
