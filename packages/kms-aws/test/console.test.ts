import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { CredentialsConfig } from '../src/credentials/credentials-schema.ts'
import provider from '../src/kms-provider.ts'
import { SSO_PROFILE, withAwsHome } from './support/aws-home.ts'
import { CredentialServer } from './support/credential-server.ts'
import { KEY_ID } from './support/fake-aws.ts'
import { withFake } from './support/with-fake.ts'

const ROLE = 'arn:aws:iam::111122223333:role/reader'
const METHODS = ['log', 'info', 'debug', 'trace', 'warn', 'error'] as const
const kek = { provider: 'aws', id: KEY_ID, wrapping: 'authenticated' } as const
const fixture = withFake()
const home = withAwsHome()
const source = { method: 'static', accessKeyId: { value: 'AKIASOURCE' }, secretAccessKey: { value: 's' } } as const

let server: CredentialServer
beforeEach(async () => {
  server = await new CredentialServer().start()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await server.stop()
})

/** Settings that make the SDK complain. */
const settings: Readonly<Record<string, () => CredentialsConfig>> = {
  'a profile and keys in the environment': () => {
    home.config('[profile p]\naws_access_key_id=AKIAP\naws_secret_access_key=s\n')
    vi.stubEnv('AWS_PROFILE', 'p')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
    return { method: 'default' }
  },
  'both URIs and both tokens of a container': () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/credentials`)
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'a')
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', home.file('token', 'b\n'))
    return { method: 'podIdentity', uri: `${server.url}/credentials` }
  },
  'credentials of EC2 that have expired': () => {
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', server.url)
    server.body = JSON.stringify({
      AccessKeyId: 'A',
      SecretAccessKey: 's',
      Token: 't',
      Expiration: '2020-01-01T00:00:00Z',
    })
    return { method: 'ec2' }
  },
  'a role': () => ({ method: 'assumeRole', roleArn: ROLE, source }),
  'an SSO session that is absent': () => {
    home.config(SSO_PROFILE)
    return { method: 'profile', profile: 'sso' }
  },
  'no credentials': () => ({ method: 'default' }),
}

describe('the console', () => {
  it.each(Object.keys(settings))('stays empty with %s, however many calls there are', async (name) => {
    const spies = METHODS.map((method) => vi.spyOn(console, method))
    const warnings = vi.spyOn(process, 'emitWarning')
    const config = fixture.config({ credentials: settings[name]!(), stsEndpoint: server.url, maxConnections: 1 })
    const kms = await provider.create(config, { baseDirectory: home.folder })
    fixture.open.push(kms)
    fixture.aws.faults = [{ delayMs: 20 }]
    await Promise.all(
      Array.from({ length: 20 }, () =>
        kms.generateDekPair(kek).then(
          ({ dek }) => {
            dek.destroy()
          },
          () => undefined,
        ),
      ),
    )
    expect([...spies, warnings].flatMap(({ mock }) => mock.calls)).toEqual([])
  })
})
