import { KmsConfigError } from '@keyfold/kms-api'

import type { AwsKmsConfig } from '../config-schema.ts'
import { filesOf } from '../credentials/create-source.ts'
import type { CredentialsConfig, ProfileCredentialsConfig } from '../credentials/credentials-schema.ts'
import { defaultProfileName, loadProfiles } from '../credentials/profiles.ts'
import { PROVIDER } from '../provider.ts'

/** Returns the profile that the configuration names, also as the source of roles. */
export function profileOf(credentials: CredentialsConfig | undefined): ProfileCredentialsConfig | undefined {
  if (credentials?.method === 'assumeRole') return profileOf(credentials.source)
  return credentials?.method === 'profile' ? credentials : undefined
}

/** Returns the region of the configuration, of `AWS_REGION`, or of the profile in use. */
export async function configuredRegion(config: AwsKmsConfig, baseDirectory: string): Promise<string | undefined> {
  const { AWS_REGION: region } = process.env
  if (config.region !== undefined) return config.region
  if (region !== undefined && region !== '') return region
  const named = profileOf(config.credentials)
  const profiles = await loadProfiles(named === undefined ? {} : filesOf(named, baseDirectory))
  return profiles[named?.profile ?? defaultProfileName()]?.['region']
}

/** Creates the error for a client whose region nothing names. */
export function missingRegion(cause?: Error): KmsConfigError {
  const problem = 'expected a region of AWS, here, in AWS_REGION or in the profile, got none'
  return new KmsConfigError('region', problem, { provider: PROVIDER, operation: 'create', cause })
}
