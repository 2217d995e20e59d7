import { describe, expect, it, vi } from 'vitest'

import { configSchema } from '../src/config-schema.ts'
import provider from '../src/kms-provider.ts'

const CANARY = 'kf-canary-value'
const secret = { value: CANARY }
const role = 'arn:aws:iam::111122223333:role/reader'
const stat = { method: 'static', accessKeyId: secret, secretAccessKey: secret }

/** Wrong configurations, with the field that the error names. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ['', undefined],
  ['', null],
  ['', 'eu-central-1'],
  ['', []],
  ['regoin', { regoin: 'eu-central-1' }],
  ['region', { region: '' }],
  ['region', { region: 'EU-central-1' }],
  ['region', { region: 'eu central 1' }],
  ['region', { region: 'evil.example/x-1' }],
  ['region', { region: 7 }],
  ['account', { account: 111122223333 }],
  ['account', { account: '11112222333' }],
  ['account', { account: '1111-2222-3333' }],
  ['account', { trustedAccounts: ['111122223333'] }],
  ['trustedAccounts[0]', { account: '111122223333', trustedAccounts: ['111122223333'] }],
  ['trustedAccounts[1]', { account: '111122223333', trustedAccounts: ['444455556666', 'x'] }],
  ['trustedAccounts', { account: '111122223333', trustedAccounts: '444455556666' }],
  ['regions[0]', { regions: ['*'] }],
  ['partitions', { partitions: [] }],
  ['partitions[0]', { partitions: ['gcp'] }],
  ['endpoint', { endpoint: 'kms.eu-central-1.amazonaws.com' }],
  ['endpoint', { endpoint: 'ftp://127.0.0.1' }],
  ['endpoint', { endpoint: 'http://kms.example' }],
  ['endpoint', { endpoint: 'http://127.0.0.1.evil.example' }],
  ['endpoint', { endpoint: 'http://localhost.evil.example' }],
  ['endpoint', { endpoint: 'http://10.0.0.1' }],
  ['stsEndpoint', { stsEndpoint: 'http://sts.example' }],
  ['allowInsecure', { allowInsecure: 'yes' }],
  ['fips', { fips: 1 }],
  ['dualstack', { dualstack: 'true' }],
  ['maxConnections', { maxConnections: 0 }],
  ['maxConnections', { maxConnections: 1.5 }],
  ['timeouts', { timeouts: 5_000 }],
  ['timeouts.requestMs', { timeouts: { requestMs: 0 } }],
  ['timeouts.requestMs', { timeouts: { requestMs: -1 } }],
  ['timeouts.requestMs', { timeouts: { requestMs: Number.NaN } }],
  ['timeouts.requestMs', { timeouts: { requestMs: Infinity } }],
  ['timeouts.connectMs', { timeouts: { connectMs: '2s' } }],
  ['timeouts.conectMs', { timeouts: { conectMs: 2 } }],
  ['credentials.method', { credentials: {} }],
  ['credentials.method', { credentials: { method: 'longTerm' } }],
  ['credentials', { credentials: 'default' }],
  ['credentials.profile', { credentials: { method: 'default', profile: 'x' } }],
  ['credentials.profile', { credentials: { method: 'profile' } }],
  ['credentials.profile', { credentials: { method: 'profile', profile: '' } }],
  ['credentials.accessKeyId', { credentials: { method: 'static', secretAccessKey: secret } }],
  ['credentials.secretAccessKey', { credentials: { ...stat, secretAccessKey: CANARY } }],
  ['credentials.secretAccessKey', { credentials: { ...stat, secretAccessKey: { value: CANARY, env: 'X' } } }],
  ['credentials.sessionToken.value', { credentials: { ...stat, sessionToken: { value: '' } } }],
  ['credentials.sesionToken', { credentials: { ...stat, sesionToken: secret } }],
  ['credentials.roleArn', { credentials: { method: 'webIdentity', roleArn: 'reader' } }],
  ['credentials.durationSeconds', { credentials: { method: 'webIdentity', durationSeconds: 899 } }],
  ['credentials.sessionName', { credentials: { method: 'webIdentity', sessionName: 'a b' } }],
  ['credentials.uri', { credentials: { method: 'podIdentity', uri: 'x' } }],
  ['credentials.roleArn', { credentials: { method: 'assumeRole' } }],
  ['credentials.externalId', { credentials: { method: 'assumeRole', roleArn: role, externalId: '' } }],
  [
    'credentials.source.roleArn',
    { credentials: { method: 'assumeRole', roleArn: role, source: { method: 'assumeRole' } } },
  ],
  ['credentials.source.method', { credentials: { method: 'assumeRole', roleArn: role, source: { method: 'x' } } }],
]

describe('the configuration', () => {
  it.each(WRONG)('names the field %j of %j', async (path, config) => {
    const error: unknown = await provider
      .create(config as object, { baseDirectory: '.' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path, provider: 'aws', operation: 'create' })
    expect((error as Error).message).not.toContain(CANARY)
  })

  it.each([
    {},
    { endpoint: 'https://kms.example' },
    { endpoint: 'http://127.0.0.1:4566' },
    { endpoint: 'http://127.1.2.3:4566' },
    { endpoint: 'http://[::1]:4566' },
    { endpoint: 'http://localhost:4566' },
    { endpoint: 'http://kms.example', allowInsecure: true },
    { region: 'us-gov-west-1' },
    { region: 'eusc-de-east-1' },
    {
      credentials: {
        method: 'assumeRole',
        roleArn: role,
        source: { method: 'assumeRole', roleArn: role, source: stat },
      },
    },
  ])('accepts %j', (config) => {
    expect(configSchema.safeParse(config).success).toBe(true)
  })

  it('says what is missing when there is no region anywhere', async () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_CONFIG_FILE', 'does-not-exist')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', 'does-not-exist')
    await expect(provider.create({}, { baseDirectory: '.' })).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'region',
    })
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    await (await provider.create({}, { baseDirectory: '.' })).close()
    vi.unstubAllEnvs()
  })

  it('refuses an endpoint of the environment that is not https before anything is sent', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', 'http://192.0.2.1:9')
    const credentials = { method: 'static', accessKeyId: secret, secretAccessKey: secret } as const
    const kms = await provider.create({ region: 'eu-central-1', credentials }, { baseDirectory: '.' })
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'endpoint' })
    await kms.close()
    vi.unstubAllEnvs()
  })

  it('can be written down as JSON Schema', () => {
    const schema = provider.configSchema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
    expect(JSON.stringify(schema)).toContain('AWS_WEB_IDENTITY_TOKEN_FILE')
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false })
  })
})
