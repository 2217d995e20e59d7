import type { KMSClientConfig } from '@aws-sdk/client-kms'

import { createSecret, KmsConfigError, systemClock, type KmsContext } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import type { AwsKmsConfig } from '../config/config-schema.ts'
import { CredentialCache } from '../credentials/credential-cache.ts'
import { fetchCredentials } from '../credentials/fetch-credentials.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import { AwsClient } from './aws-client.ts'
import { connectingAgents } from './connecting-agents.ts'
import { loadSdk } from './load-sdk.ts'

export const REQUEST_MS = 5_000
export const CONNECT_MS = 2_000
const MAX_SOCKETS = 50
const quiet = (): void => undefined
/** The SDK would write warnings to the console. */
const SILENT = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet }

/** A client, and the region that its requests go to. */
export interface RegionalClient {
  readonly client: AwsClient
  readonly region: string
}

/**
 * Makes a client of a configuration.
 *
 * @throws `KMS_CONFIG` when no region is configured anywhere, or the optional package for the credentials is missing.
 */
export async function createClient(config: AwsKmsConfig, context: KmsContext): Promise<RegionalClient> {
  const sdk = await loadSdk()
  const { requestMs = REQUEST_MS, connectMs = CONNECT_MS } = config.timeouts ?? {}
  const { baseDirectory } = context
  const ca =
    config.tls && (await createSecret(config.tls.ca, { baseDirectory, path: 'tls.ca', provider: PROVIDER }).reveal())
  const sts = {
    maxAttempts: 1,
    ...(ca !== undefined && { requestHandler: { httpsAgent: { ca } } }),
    ...(config.region !== undefined && { region: config.region }),
    ...(config.stsEndpoint !== undefined && { endpoint: config.stsEndpoint }),
  }
  const setting = { sdk, sts, baseDirectory, timeoutMs: requestMs }
  const fetch = await fetchCredentials(config.credentials ?? { method: 'default' }, setting)
  const cache = new CredentialCache(fetch, context.clock ?? systemClock, context.logger)
  // "memoized" keeps the SDK from putting a cache of its own in front, which would not let go of refused credentials.
  const credentials = Object.assign((properties?: object) => cache.get(properties), { memoized: true })
  const settings: KMSClientConfig = {
    credentials,
    maxAttempts: 1,
    logger: SILENT,
    requestHandler: {
      ...connectingAgents({ maxSockets: config.maxSockets ?? MAX_SOCKETS, connectMs, ca }),
      logger: SILENT,
    },
    ...(config.region !== undefined && { region: config.region }),
    ...(config.endpoint !== undefined && { endpoint: config.endpoint }),
    ...(config.fips !== undefined && { useFipsEndpoint: config.fips }),
    ...(config.dualstack !== undefined && { useDualstackEndpoint: config.dualstack }),
  }
  const client = new sdk.KMSClient(settings)
  const region = await regionOf(client)
  const allowInsecureEndpoint = config.allowInsecureEndpoint ?? false
  return {
    region,
    client: new AwsClient({
      sdk,
      client,
      owned: true,
      credentials: cache,
      requestMs,
      connectMs,
      allowInsecureEndpoint,
    }),
  }
}

/** Asks the SDK which region it uses. @throws `KMS_CONFIG` when there is none. */
export async function regionOf(client: {
  readonly config: { readonly region: () => Promise<string> }
}): Promise<string> {
  try {
    return await client.config.region()
  } catch (error) {
    const problem = 'expected a region, here, in AWS_REGION or in the profile, got none'
    throw new KmsConfigError('region', problem, {
      provider: PROVIDER,
      operation: 'create',
      cause: sanitizeCause(error),
    })
  }
}
