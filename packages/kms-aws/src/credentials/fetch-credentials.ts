import { resolve } from 'node:path'

import { createSecret, type Secret, type SecretConfig } from '@keyfold/kms-api'

import type { Sdk } from '../client/load-sdk.ts'
import type { AssumeRoleConfig, CredentialsConfig, SourceCredentialsConfig } from '../config/credentials-schema.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import type { Credentials, FetchCredentials } from './credential-cache.ts'
import { loadCredentialProviders, type CredentialProviders } from './load-credential-providers.ts'

const SESSION_NAME = 'keyfold'

/** What the ways to credentials have in common. */
export interface CredentialsSetting {
  readonly sdk: Sdk
  readonly baseDirectory: string
  /** Settings of the clients of STS. */
  readonly sts: {
    readonly region?: string
    readonly endpoint?: string
    readonly maxAttempts: number
    readonly requestHandler?: object
  }
  /** For one request of the metadata services. */
  readonly timeoutMs: number
}

/** A way to credentials, as the SDK's functions are. */
type Way = (properties?: object) => Promise<Credentials>

/**
 * Makes the function that fetches credentials.
 *
 * @throws `KMS_CONFIG` when the optional package is needed and not installed, or a secret is malformed.
 */
export async function fetchCredentials(
  config: CredentialsConfig,
  setting: CredentialsSetting,
): Promise<FetchCredentials> {
  return await wayTo(config, setting, 'credentials')
}

async function wayTo(config: CredentialsConfig, setting: CredentialsSetting, path: string): Promise<Way> {
  if (config.method === 'default') return defaultChain(setting)
  if (config.method === 'static') return staticWay(config, setting, path)
  const providers = await loadCredentialProviders(config.method)
  return config.method === 'assumeRole'
    ? assumeRole(config, setting, path, providers)
    : sourceWay(config, setting, providers)
}

/** The chain that the SDK gives a client without credentials: the optional package is not needed for it. */
function defaultChain({ sdk, sts }: CredentialsSetting): Way {
  const { region } = sts
  const client = new sdk.KMSClient(region === undefined ? {} : { region })
  const { credentials } = client.config
  return (properties) => credentials({ ...properties, forceRefresh: true })
}

function staticWay(
  config: Extract<SourceCredentialsConfig, { method: 'static' }>,
  { baseDirectory }: CredentialsSetting,
  path: string,
): Way {
  const secret = (name: string, of: SecretConfig): Secret =>
    createSecret(of, { baseDirectory, path: `${path}.${name}`, provider: PROVIDER })
  const accessKeyId = secret('accessKeyId', config.accessKeyId)
  const secretAccessKey = secret('secretAccessKey', config.secretAccessKey)
  const sessionToken = config.sessionToken && secret('sessionToken', config.sessionToken)
  return async () => ({
    accessKeyId: await accessKeyId.reveal(),
    secretAccessKey: await secretAccessKey.reveal(),
    ...(sessionToken && { sessionToken: await sessionToken.reveal() }),
  })
}

function sourceWay(
  config: Exclude<SourceCredentialsConfig, { method: 'default' | 'static' }>,
  { baseDirectory, sts, timeoutMs }: CredentialsSetting,
  providers: CredentialProviders,
): Way {
  const file = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : resolve(baseDirectory, name)
  // Each function is made anew for each fetch: some keep what they have read.
  switch (config.method) {
    case 'profile': {
      const init = defined({
        profile: config.profile,
        configFilepath: file(config.configFile),
        filepath: file(config.credentialsFile),
      })
      return (properties) => providers.fromIni({ ...init, ignoreCache: true, clientConfig: sts })(properties)
    }
    case 'webIdentity': {
      const { roleArn, sessionName: roleSessionName, tokenFile, durationSeconds } = config
      const init = defined({ roleArn, roleSessionName, webIdentityTokenFile: file(tokenFile), durationSeconds })
      return (properties) => providers.fromTokenFile({ ...init, clientConfig: sts })(properties)
    }
    case 'container':
      return () => providers.fromContainerMetadata({ timeout: timeoutMs, maxRetries: 0 })()
    case 'podIdentity': {
      const init = defined({
        awsContainerCredentialsFullUri: config.uri,
        awsContainerAuthorizationTokenFile: file(config.tokenFile),
      })
      return () => providers.fromHttp({ ...init, timeout: timeoutMs, maxRetries: 0 })()
    }
    case 'ec2':
      return () => providers.fromInstanceMetadata({ timeout: timeoutMs, maxRetries: 0 })()
  }
}

async function assumeRole(
  config: AssumeRoleConfig,
  setting: CredentialsSetting,
  path: string,
  providers: CredentialProviders,
): Promise<Way> {
  const {
    roleArn: RoleArn,
    externalId: ExternalId,
    durationSeconds: DurationSeconds,
    sessionName: RoleSessionName = SESSION_NAME,
  } = config
  const masterCredentials = await wayTo(config.source ?? { method: 'default' }, setting, `${path}.source`)
  const params = { RoleArn, RoleSessionName, ...defined({ ExternalId, DurationSeconds }) }
  return (properties) =>
    providers.fromTemporaryCredentials({ masterCredentials, params, clientConfig: setting.sts })(properties)
}

/** Drops what is not given: the SDK would take `undefined` for a value. */
function defined<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
