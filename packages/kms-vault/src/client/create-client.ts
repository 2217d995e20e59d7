import { KmsConfigError, type KmsContext } from '@keyfold/kms-api'
import {
  createHttpClient,
  describeType,
  loadTlsFiles,
  TokenManager,
  type HttpClient,
} from '@keyfold/kms-api/provider-kit'

import { createTokenSource } from '../auth/create-token-source.ts'
import { LoginFailure } from '../auth/login-failure.ts'
import type { VaultKmsConfig } from '../config/config-schema.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import { VaultClient } from './vault-client.ts'
import { createTransport } from './vault-transport.ts'

const REQUEST_MS = 5_000
const CONNECT_MS = 2_000

/**
 * Makes a client of a configuration. It logs in when the first call needs a token, so that a server that is down is an outage of the call.
 *
 * @throws `KMS_CONFIG` when files of TLS settings cannot be used.
 */
export async function createClient(
  config: VaultKmsConfig,
  { baseDirectory, clock, clients, logger }: KmsContext,
): Promise<VaultClient> {
  const { requestMs = REQUEST_MS, connectMs = CONNECT_MS } = config.timeouts ?? {}
  const given = givenClient(clients?.['http'])
  const tls = config.tls && (await loadTlsFiles(config.tls, { baseDirectory, path: 'tls', provider: PROVIDER }))
  const http =
    given ?? (await createHttpClient({ timeoutMs: requestMs, connectMs, tls, maxConnections: config.maxSockets }))
  const transport = await createTransport(http, config.address, config.namespace)
  const life = new TokenManager(createTokenSource(config.auth, transport, baseDirectory), {
    clock,
    isFinal: (error) => !(error instanceof LoginFailure) || error.final,
    onProblem: () => {
      logger?.warn({ provider: PROVIDER }, 'the token of Vault could not be renewed; the old one is used until it ends')
    },
  })
  return new VaultClient({ transport, life, http, ownsHttp: given === undefined, requestMs })
}

function givenClient(http: unknown): HttpClient | undefined {
  if (http === undefined) return undefined
  const { request } = (typeof http === 'object' && http !== null ? http : {}) as Partial<HttpClient>
  if (typeof request === 'function') return http as HttpClient
  const problem = `expected an HttpClient of @keyfold/kms-api/provider-kit, got ${describeType(http)}`
  throw new KmsConfigError('clients.http', problem, { provider: PROVIDER, operation: 'create' })
}
