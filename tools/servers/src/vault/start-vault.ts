import { readFileSync } from 'node:fs'
import path from 'node:path'

import { freePort } from '@keyfold/kit/free-port'

import { cacheFolder } from '../process/cache-folder.ts'
import { startServer, type RunningServer } from '../process/running-server.ts'
import { installVault } from './install-vault.ts'

const READY_WITHIN_MS = 30_000

/** How Vault is started. */
export interface VaultOptions {
  /** By default a free one. A server that is started again on its port has forgotten everything. */
  readonly port?: number | undefined
  /** Turns TLS on: PEM files. With `clientCa`, only clients with a certificate of that authority are served. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string | undefined } | undefined
}

/** A Vault that is initialised and unsealed, without any mount. */
export interface RunningVault extends RunningServer {
  readonly rootToken: string
  readonly unsealKey: string
}

/** Builds Vault if need be and starts it on the loopback interface. It forgets everything when it stops. */
export async function startVault(
  say: (line: string) => void,
  { port: given, tls }: VaultOptions = {},
): Promise<RunningVault> {
  const command = await installVault(say)
  const port = given ?? (await freePort())
  const log = path.join(cacheFolder('vault-run'), `${port}.log`)
  const ready = (): { readonly root_token: string; readonly unseal_key: string } | undefined => {
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .find((each) => each.startsWith('{"addr"'))
    return line === undefined ? undefined : (JSON.parse(line) as ReturnType<typeof ready>)
  }
  const secure =
    tls === undefined
      ? []
      : [
          '-tls-cert',
          tls.cert,
          '-tls-key',
          tls.key,
          ...(tls.clientCa === undefined ? [] : ['-tls-require-client-ca', tls.clientCa]),
        ]
  const server = await startServer({
    name: 'Vault',
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    command,
    args: ['-listen', `127.0.0.1:${port}`, '-root-token', 'kf-root-token', ...secure],
    env: { HOME: cacheFolder('vault-run', 'home'), TMPDIR: cacheFolder('vault-run', 'tmp') },
    log,
    ready: () => Promise.resolve(ready() !== undefined),
    readyWithinMs: READY_WITHIN_MS,
  })
  const { root_token: rootToken = '', unseal_key: unsealKey = '' } = ready() ?? {}
  return { ...server, rootToken, unsealKey }
}
