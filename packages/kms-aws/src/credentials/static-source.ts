import { createSecret, type SecretConfig } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'
import { cleanSecret } from './check-credentials.ts'
import type { StaticCredentialsConfig } from './credentials-schema.ts'
import type { Credentials, Source } from './source.ts'

/**
 * Creates a source of a configured access key. Files and variables are read again at each renewal.
 *
 * @throws `KMS_CONFIG` when a secret is malformed.
 */
export function staticSource(config: StaticCredentialsConfig, baseDirectory: string, path: string): Source {
  const secret = (name: string, of: SecretConfig): (() => Promise<string>) => {
    const field = `${path}.${name}`
    const configured = createSecret(of, { baseDirectory, path: field, provider: PROVIDER })
    return async () => cleanSecret(await configured.reveal(), field)
  }
  const accessKeyId = secret('accessKeyId', config.accessKeyId)
  const secretAccessKey = secret('secretAccessKey', config.secretAccessKey)
  const sessionToken = config.sessionToken && secret('sessionToken', config.sessionToken)
  return async () => ({
    accessKeyId: await accessKeyId(),
    secretAccessKey: await secretAccessKey(),
    ...(sessionToken && { sessionToken: await sessionToken() }),
  })
}

/** Returns the access key of the environment, `undefined` where there is none. */
export function environmentCredentials(): Credentials | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env
  if (id === undefined || id === '' || secret === undefined || secret === '') return undefined
  return {
    accessKeyId: cleanSecret(id, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: cleanSecret(secret, 'AWS_SECRET_ACCESS_KEY'),
    ...(token !== undefined && token !== '' && { sessionToken: cleanSecret(token, 'AWS_SESSION_TOKEN') }),
  }
}
