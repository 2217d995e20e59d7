import { describeType, KmsConfigError, systemClock, type KmsContext } from '@keyfold/kms-api'
import { createHttpClient, loadTlsFiles, type HttpClient } from '@keyfold/kms-api/provider-kit'

import type { AzureKmsConfig } from '../config-schema.ts'
import { createCredential } from '../credentials/create-credential.ts'
import { identityTransport, type IdentityTrace } from '../credentials/identity-transport.ts'
import { TokenCache } from '../credentials/token-cache.ts'
import { Boundary } from '../keys/boundary.ts'
import { authorityHostOf, cloudOf } from '../keys/clouds.ts'
import { PROVIDER } from '../provider.ts'
import { loadSdk, type Sdk } from '../transport/load-sdk.ts'
import { VaultTransport } from '../transport/vault-transport.ts'
import { AzureClient } from './azure-client.ts'
import { SdkSession } from './sdk-session.ts'

export const REQUEST_MS = 5_000
export const CONNECT_MS = 2_000

/** A client, and the keys that it may use. */
export interface VaultClient {
  readonly client: AzureClient
  readonly boundary: Boundary
  /** Whether it is a managed HSM, which alone has keys of type oct-HSM. */
  readonly managedHsm: boolean
}

/**
 * Creates a client of a configuration. The first call obtains the token, so an outage of the token service is an outage of the call.
 *
 * @throws `KMS_CONFIG` if `@azure/identity` is missing, or a file cannot be used.
 */
export async function createClient(config: AzureKmsConfig, context: KmsContext): Promise<VaultClient> {
  const sdk = await loadSdk()
  const { requestMs = REQUEST_MS, connectMs = CONNECT_MS } = config.timeouts ?? {}
  const { baseDirectory, clients, clock = systemClock, logger } = context
  const url = new URL(config.vaultUrl)
  const resource = (config.challengeResource ?? cloudOf(url.hostname)?.resource ?? '').replace(/\/+$/, '')
  const vaultName = config.vaultName ?? url.hostname.replace(/\..*/, '')
  const sdkOrigin = `https://${vaultName.toLowerCase()}.${new URL(resource).host}`

  const given = givenHttp(clients?.['http'])
  const tls = config.tls && (await loadTlsFiles(config.tls, { baseDirectory, path: 'tls', provider: PROVIDER }))
  const { maxConnections } = config
  const http = given ?? (await createHttpClient({ timeoutMs: requestMs, connectMs, tls, maxConnections }))
  try {
    const trace: IdentityTrace = {}
    const credential = await createCredential(
      config.credentials ?? { method: 'default' },
      {
        httpClient: identityTransport(http, () => trace),
        authorityHost: (config.authorityHost ?? authorityHostOf(resource)).replace(/\/+$/, ''),
        disableInstanceDiscovery: config.disableInstanceDiscovery ?? false,
        requestMs,
        baseDirectory,
      },
      { clients },
    )
    const tokens = new TokenCache({ credential, trace: () => trace, clock, logger, requestMs })
    const transport = new VaultTransport({ http, sdkOrigin, origin: url.origin, resource })
    const client = new AzureClient({
      createSession: () => createSession(sdk, sdkOrigin, tokens, transport),
      endpoint: url.origin,
      requestMs,
      connectMs,
      transport,
      tokens,
      ...(given === undefined && { http }),
    })
    const managedHsm = new URL(resource).hostname.startsWith('managedhsm.')
    return { client, boundary: new Boundary(vaultName, [url.origin, sdkOrigin]), managedHsm }
  } catch (error) {
    if (given === undefined) await http.close()
    throw error
  }
}

function createSession(sdk: Sdk, sdkOrigin: string, tokens: TokenCache, transport: VaultTransport): SdkSession {
  const credential = { getToken: tokens.getToken.bind(tokens) }
  // The SDK changes the options that it is given, so they are created anew.
  const options = { httpClient: transport, retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } }
  return new SdkSession(sdk, new sdk.KeyClient(sdkOrigin, credential as never, options))
}

function givenHttp(http: unknown): HttpClient | undefined {
  if (http === undefined) return undefined
  const { request } = (typeof http === 'object' && http !== null ? http : {}) as Partial<HttpClient>
  if (typeof request === 'function') return http as HttpClient
  const problem = `expected an HttpClient of @keyfold/kms-api/provider-kit, got ${describeType(http)}`
  throw new KmsConfigError('clients.http', problem, { provider: PROVIDER, operation: 'create' })
}
