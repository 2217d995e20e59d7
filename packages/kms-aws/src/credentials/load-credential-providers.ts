import type * as providers from '@aws-sdk/credential-providers'
import { KmsConfigError } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from '../keys/kek-reference.ts'

/** The optional package of the SDK with its ways to credentials. */
export type CredentialProviders = typeof providers

/** Loads it. @throws `KMS_CONFIG` with the line to type when it is not installed. */
export async function loadCredentialProviders(method: string): Promise<CredentialProviders> {
  try {
    return await import('@aws-sdk/credential-providers')
  } catch (error) {
    const problem = `expected the package @aws-sdk/credential-providers, which ${JSON.stringify(method)} needs, to be installed; type: npm install @aws-sdk/credential-providers`
    throw new KmsConfigError('credentials.method', problem, { provider: PROVIDER, operation: 'create', cause: sanitizeCause(error) })
  }
}
