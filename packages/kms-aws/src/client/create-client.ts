import type { KMSClientConfig } from '@aws-sdk/client-kms'

import { createSecret, KmsConfigError, systemClock, type KmsContext } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import type { AwsKmsConfig } from '../config-schema.ts'
import { createSource } from '../credentials/create-source.ts'
import { CredentialCache } from '../credentials/credential-cache.ts'
import { PROVIDER } from '../provider.ts'
import { createAgents } from '../transport/create-agents.ts'
import { loadSdk } from '../transport/load-sdk.ts'
import { SILENT } from '../transport/silent.ts'
import { Transport } from '../transport/transport.ts'
import { AwsClient } from './aws-client.ts'
import { configuredRegion, missingRegion, profileOf } from './region.ts'

export const REQUEST_MS = 5_000
export const CONNECT_MS = 2_000
const MAX_CONNECTIONS = 50

/** A client, and the region that its requests go to. */
export interface RegionalClient {
  readonly client: AwsClient
  readonly region: string
}

/**
 * Creates a client from a configuration.
 *
 * @throws `KMS_CONFIG` when no region is configured anywhere, or a secret or a profile cannot be read.
 */
export async function createClient(config: AwsKmsConfig, context: KmsContext): Promise<RegionalClient> {
  const sdk = await loadSdk()
  const { requestMs = REQUEST_MS, connectMs = CONNECT_MS } = config.timeouts ?? {}
  const { baseDirectory } = context
  const { maxConnections = MAX_CONNECTIONS, allowInsecure = false } = config
  const ca =
    config.tls && (await createSecret(config.tls.ca, { baseDirectory, path: 'tls.ca', provider: PROVIDER }).reveal())
  const transport = new Transport(sdk, createAgents({ maxConnections, connectMs, ca }))
  const profile = profileOf(config.credentials)
  const region = await configuredRegion(config, baseDirectory)
  if (region === undefined) throw missingRegion()
  const settings: KMSClientConfig = {
    // "memoized" keeps the SDK from putting a cache of its own in front, which would not let go of rejected credentials.
    credentials: Object.assign(() => cache.get(), { memoized: true }),
    maxAttempts: 1,
    logger: SILENT,
    requestHandler: transport.kmsHandler() as never,
    region,
    ...(profile !== undefined && { profile: profile.profile }),
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    ...(config.fips !== undefined && { useFipsEndpoint: config.fips }),
    ...(config.dualstack !== undefined && { useDualstackEndpoint: config.dualstack }),
  }
  const client = new sdk.KMSClient(settings)
  await regionOf(client)
  await checkEndpoint(client, config)
  const source = createSource(config.credentials ?? { method: 'default' }, {
    transport,
    region,
    stsEndpoint: config.stsEndpoint,
    baseDirectory,
    allowInsecure,
    timeoutMs: requestMs,
  })
  const cache = new CredentialCache(source, context.clock ?? systemClock, context.logger)
  const options = { sdk, client, transport, credentials: cache, requestMs, connectMs, allowInsecure }
  return { region, client: new AwsClient(options) }
}

/** Returns the region that an SDK client uses. @throws `KMS_CONFIG` when there is none. */
export async function regionOf(client: {
  readonly config: { readonly region: () => Promise<string> }
}): Promise<string> {
  try {
    return await client.config.region()
  } catch (error) {
    throw missingRegion(sanitizeCause(error))
  }
}

/** The environment and profiles can ask for a FIPS or dual-stack endpoint too. */
async function checkEndpoint(
  { config }: { readonly config: Record<'useFipsEndpoint' | 'useDualstackEndpoint', () => Promise<boolean>> },
  { endpoint }: AwsKmsConfig,
): Promise<void> {
  if (endpoint === undefined) return
  const variables = { useFipsEndpoint: 'AWS_USE_FIPS_ENDPOINT', useDualstackEndpoint: 'AWS_USE_DUALSTACK_ENDPOINT' }
  for (const [name, variable] of Object.entries(variables) as ['useFipsEndpoint' | 'useDualstackEndpoint', string][]) {
    if (!(await config[name]())) continue
    const problem = `expected to be absent, because ${variable}, or the setting of that name in a profile, asks for an endpoint of AWS`
    throw new KmsConfigError('endpoint', problem, { provider: PROVIDER, operation: 'create' })
  }
}
