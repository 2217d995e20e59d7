import { describeType, KmsConfigError, type Clock, type Kms } from '@keyfold/kms-api'
import { createKms } from '@keyfold/kms-api/provider-kit'

import { azureOperations } from './azure-operations.ts'
import { AzureClient } from './client/azure-client.ts'
import { CONNECT_MS, REQUEST_MS } from './client/create-client.ts'
import { isKeyClient, SdkSession } from './client/sdk-session.ts'
import { Boundary } from './keys/boundary.ts'
import type { KekType } from './keys/key-type.ts'
import { PROVIDER } from './provider.ts'
import { loadSdk } from './transport/load-sdk.ts'

/** A `KeyClient` of `@azure/keyvault-keys`, of whatever copy of it the application has. */
export interface AzureKeyClient {
  readonly vaultUrl: string
  readonly getKey: (name: string, options?: never) => unknown
}

/** Options of {@link fromClient}; they mean what they mean in the configuration. */
export interface FromClientOptions {
  /** Must be the URL of the client, if given. */
  readonly vaultUrl?: string | undefined
  readonly vaultName?: string | undefined
  readonly pinnedKeyType?: KekType | undefined
  /** The deadline of a call, in milliseconds; 5,000 by default. */
  readonly requestMs?: number | undefined
  readonly clock?: Clock | undefined
}

/**
 * Creates a `Kms` over a client that the application has. Give the client `retryOptions: { maxRetries: 0 }` where something else repeats requests.
 *
 * `close()` ends the calls of the `Kms`; the client, its token and its connections stay the application's.
 *
 * ```ts
 * const kms = await fromClient(new KeyClient('https://payments.vault.azure.net', credential, { retryOptions: { maxRetries: 0 } }))
 * ```
 *
 * @throws `KMS_CONFIG` for what is no `KeyClient`, or one of another vault.
 */
export async function fromClient(keys: AzureKeyClient, options: FromClientOptions = {}): Promise<Kms> {
  const given: unknown = keys
  if (!isKeyClient(given) || !URL.canParse(given.vaultUrl))
    throw configError('clients.keys', `expected a KeyClient of @azure/keyvault-keys, got ${describeType(given)}`)
  const { origin, hostname } = new URL(given.vaultUrl)
  if (options.vaultUrl !== undefined && new URL(options.vaultUrl).origin !== origin)
    throw configError('vaultUrl', 'expected the URL of the vault of the given client')
  const { vaultName = hostname.replace(/\..*/, ''), requestMs = REQUEST_MS, pinnedKeyType, clock } = options
  const sdk = await loadSdk()
  const session = new SdkSession(sdk, given)
  const client = new AzureClient({ createSession: () => session, endpoint: origin, requestMs, connectMs: CONNECT_MS })
  return createKms(azureOperations(client, new Boundary(vaultName, [origin]), { pinnedKeyType, clock }))
}

function configError(path: string, problem: string): KmsConfigError {
  return new KmsConfigError(path, problem, { provider: PROVIDER, operation: 'create' })
}
