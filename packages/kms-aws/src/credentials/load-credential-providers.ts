import type * as providers from '@aws-sdk/credential-providers'

import { KmsConfigError } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from '../keys/kek-reference.ts'

const PACKAGE = '@aws-sdk/credential-providers'

/** The optional package of the SDK with its ways to credentials. */
export type CredentialProviders = typeof providers

/** Loads it. @throws `KMS_CONFIG` with the line to type when it is not installed. */
export async function loadCredentialProviders(method: string): Promise<CredentialProviders> {
  try {
    return await import('@aws-sdk/credential-providers')
  } catch (error) {
    const needs = `expected the package ${PACKAGE}, which ${JSON.stringify(method)} needs, to be installed`
    const problem = `${needs}; type: npm install ${PACKAGE}`
    throw new KmsConfigError('credentials.method', problem, {
      provider: PROVIDER,
      operation: 'create',
      cause: sanitizeCause(error),
    })
  }
}
