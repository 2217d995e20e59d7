import { resolve } from 'node:path'

import type * as identityModule from '@azure/identity'

import { createSecret, describeType, KmsConfigError, type KmsContext } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from '../provider.ts'
import type { PipelineClient } from '../transport/pipeline.ts'
import type { CredentialsConfig } from './credentials-schema.ts'
import type { AzureTokenCredential } from './token-credential.ts'

/** What credentials have in common. */
export interface CredentialOptions {
  readonly httpClient: PipelineClient
  readonly authorityHost: string
  readonly disableInstanceDiscovery: boolean
  readonly requestMs: number
  readonly baseDirectory: string
}

type Identity = typeof identityModule

/**
 * Returns what creates the credential of a configuration: the application's own if it gave one.
 *
 * @throws `KMS_CONFIG` if `@azure/identity` is not installed, or the given credential is none.
 */
export async function createCredential(
  config: CredentialsConfig,
  options: CredentialOptions,
  { clients }: Pick<KmsContext, 'clients'>,
): Promise<() => Promise<AzureTokenCredential>> {
  const given = clients?.['credential']
  if (given !== undefined) {
    const credential = givenCredential(given)
    return () => Promise.resolve(credential)
  }
  const identity = await loadIdentity()
  if (config.method !== 'clientSecret') {
    const credential = await credentialOf(identity, config, options)
    return () => Promise.resolve(credential)
  }
  const secret = createSecret(config.clientSecret, {
    baseDirectory: options.baseDirectory,
    path: 'credentials.clientSecret',
    provider: PROVIDER,
  })
  let held: { readonly clientSecret: string; readonly credential: AzureTokenCredential } | undefined
  const current = async (): Promise<AzureTokenCredential> => {
    const clientSecret = await secret.reveal()
    if (held?.clientSecret !== clientSecret) {
      const { tenantId, clientId } = config
      const credential = new identity.ClientSecretCredential(tenantId, clientId, clientSecret, common(options))
      held = { clientSecret, credential: credential }
    }
    return held.credential
  }
  await current()
  return current
}

async function credentialOf(
  identity: Identity,
  config: Exclude<CredentialsConfig, { readonly method: 'clientSecret' }>,
  options: CredentialOptions,
): Promise<AzureTokenCredential> {
  const shared = common(options)
  const processTimeoutInMs = options.requestMs
  switch (config.method) {
    case 'default': {
      const { tenantId, managedIdentityClientId } = config
      return new identity.DefaultAzureCredential({
        ...shared,
        processTimeoutInMs,
        ...(tenantId !== undefined && { tenantId }),
        ...(managedIdentityClientId !== undefined && { managedIdentityClientId }),
      })
    }
    case 'managedIdentity': {
      const { clientId } = config
      return clientId === undefined
        ? new identity.ManagedIdentityCredential(shared)
        : new identity.ManagedIdentityCredential(clientId, shared)
    }
    case 'workloadIdentity': {
      const { tenantId, clientId, tokenFile } = config
      return new identity.WorkloadIdentityCredential({
        ...shared,
        ...(tenantId !== undefined && { tenantId }),
        ...(clientId !== undefined && { clientId }),
        ...(tokenFile !== undefined && { tokenFilePath: resolve(options.baseDirectory, tokenFile) }),
      })
    }
    case 'clientCertificate': {
      const { tenantId, clientId, certificateFile, passphrase } = config
      const path = 'credentials.passphrase'
      const { baseDirectory } = options
      const certificatePassword =
        passphrase && (await createSecret(passphrase, { baseDirectory, path, provider: PROVIDER }).reveal())
      const certificate = {
        certificatePath: resolve(baseDirectory, certificateFile),
        ...(certificatePassword !== undefined && { certificatePassword }),
      }
      return new identity.ClientCertificateCredential(tenantId, clientId, certificate, shared)
    }
    case 'azureCli': {
      const { tenantId } = config
      return new identity.AzureCliCredential({ processTimeoutInMs, ...(tenantId !== undefined && { tenantId }) })
    }
  }
}

function common({ httpClient, authorityHost, disableInstanceDiscovery }: CredentialOptions) {
  // Repeating requests is another layer's.
  return { httpClient, authorityHost, disableInstanceDiscovery, retryOptions: { maxRetries: 0 } }
}

async function loadIdentity(): Promise<Identity> {
  try {
    return await import('@azure/identity')
  } catch (error) {
    const problem =
      'expected the package @azure/identity, which is not installed: npm install @azure/identity, or pass a TokenCredential as clients.credential'
    throw new KmsConfigError('credentials', problem, {
      provider: PROVIDER,
      operation: 'create',
      cause: sanitizeCause(error),
    })
  }
}

function givenCredential(given: unknown): AzureTokenCredential {
  const { getToken } = (typeof given === 'object' && given !== null ? given : {}) as Partial<AzureTokenCredential>
  if (typeof getToken === 'function') return given as AzureTokenCredential
  throw new KmsConfigError('clients.credential', `expected a TokenCredential, got ${describeType(given)}`, {
    provider: PROVIDER,
    operation: 'create',
  })
}
