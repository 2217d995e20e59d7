import { describeType, KmsConfigError, type KmsContext } from '@keyfold/kms-api'
import { createHttpClient, loadTlsFiles, TokenManager, type HttpClient } from '@keyfold/kms-api/provider-kit'

import { LoginFailure } from '../auth/login-failure.ts'
import { createTokenSource } from '../auth/token-source.ts'
import { PROVIDER } from '../boundary.ts'
import type { VaultKmsConfig } from '../config-schema.ts'
import { createTransport } from '../transport/vault-transport.ts'
import { VaultClient } from './vault-client.ts'

const REQUEST_MS = 5_000
const CONNECT_MS = 2_000

/**
 * Creates a client of a configuration. It logs in when the first call needs a token, so that a server that is down is an outage of the call.
 *
 * @throws `KMS_CONFIG` if files of TLS settings cannot be used.
 */
export async function createClient(
  config: VaultKmsConfig,
  { baseDirectory, clock, clients, logger }: KmsContext,
): Promise<VaultClient> {
  const { requestMs = REQUEST_MS, connectMs = CONNECT_MS } = config.timeouts ?? {}
  const given = givenClient(clients?.['http'])
  const tls = config.tls && (await loadTlsFiles(config.tls, { baseDirectory, path: 'tls', provider: PROVIDER }))
  const { maxConnections } = config
  const http = given ?? (await createHttpClient({ timeoutMs: requestMs, connectMs, tls, maxConnections }))
  const transport = await createTransport(http, config.address, config.namespace)
  const tokens = new TokenManager(createTokenSource(config.auth, transport, baseDirectory), {
    clock,
    isFinal: (error) => !(error instanceof LoginFailure) || error.final,
    onProblem: () => {
      logger?.warn({ provider: PROVIDER }, 'the token of Vault could not be renewed; the old one is used until it ends')
    },
  })
  const endpoint = config.address
  return new VaultClient({ transport, tokens, http, ownsHttp: given === undefined, requestMs, connectMs, endpoint })
}

function givenClient(http: unknown): HttpClient | undefined {
  if (http === undefined) return undefined
  const { request } = (typeof http === 'object' && http !== null ? http : {}) as Partial<HttpClient>
  if (typeof request === 'function') return http as HttpClient
  const problem = `expected an HttpClient of @keyfold/kms-api/provider-kit, got ${describeType(http)}`
  throw new KmsConfigError('clients.http', problem, { provider: PROVIDER, operation: 'create' })
}
