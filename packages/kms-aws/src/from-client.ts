import type { KMSClient } from '@aws-sdk/client-kms'

import type { Kms } from '@keyfold/kms-api'
import { createKms } from '@keyfold/kms-api/provider-kit'

import { awsOperations } from './aws-operations.ts'
import { AwsClient } from './client/aws-client.ts'
import { CONNECT_MS, regionOf, REQUEST_MS } from './client/create-client.ts'
import { Boundary } from './keys/boundary.ts'
import { loadSdk } from './transport/load-sdk.ts'

/**
 * A `KMSClient` of the SDK, of whatever version the application has: the class itself has private members, so that those of two installed copies
 * are not assignable to each other.
 */
export interface AwsKmsClient {
  readonly config: { readonly region: () => Promise<string> }
  readonly send: (command: never, options: never) => unknown
}

/** Options of {@link fromClient}; they mean what they mean in the configuration. */
export interface FromClientOptions {
  readonly account?: string | undefined
  readonly trustedAccounts?: readonly string[] | undefined
  readonly regions?: readonly string[] | undefined
  readonly partitions?: readonly string[] | undefined
  readonly allowInsecure?: boolean | undefined
  /** The deadline of a call, in milliseconds; 5,000 by default. */
  readonly requestMs?: number | undefined
}

/**
 * Creates a `Kms` over a client that the application has. Give the client `maxAttempts: 1` where something else repeats requests.
 *
 * `close()` ends the calls of the `Kms`; the client stays open, and the application destroys it.
 *
 * ```ts
 * const kms = await fromClient(new KMSClient({ region: 'eu-central-1', maxAttempts: 1 }))
 * ```
 *
 * @throws `KMS_CONFIG` when the client has no region.
 */
export async function fromClient(client: AwsKmsClient, options: FromClientOptions = {}): Promise<Kms> {
  const { requestMs = REQUEST_MS, allowInsecure = false, ...boundary } = options
  const [sdk, region] = await Promise.all([loadSdk(), regionOf(client)])
  const sending = client as KMSClient
  const own = new AwsClient({
    sdk,
    client: sending,
    requestMs,
    connectMs: CONNECT_MS,
    allowInsecure,
  })
  return createKms(awsOperations(own, new Boundary({ ...boundary, region })))
}
