import { chmodSync } from 'node:fs'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { CredentialsConfig } from '../../src/credentials/credentials-schema.ts'
import provider from '../../src/kms-provider.ts'
import { SSO_PROFILE, SSO_SESSION, withAwsHome } from '../support/aws-home.ts'
import { CredentialServer } from '../support/credential-server.ts'
import { KEY_ID } from '../support/fake-aws.ts'
import { withFake } from '../support/with-fake.ts'

const ROLE = 'arn:aws:iam::111122223333:role/reader'
const kek = { provider: 'aws', id: KEY_ID, wrapping: 'authenticated' } as const
const fixture = withFake()
const home = withAwsHome()
const source = { method: 'static', accessKeyId: { value: 'AKIASOURCE' }, secretAccessKey: { value: 's' } } as const
const secret = (value: string) => ({ value })

let server: CredentialServer
beforeEach(async () => {
  server = await new CredentialServer().start()
})
afterEach(async () => {
  await server.stop()
})

async function outcome(credentials: CredentialsConfig, more: object = {}): Promise<unknown> {
  const kms = await provider.create(fixture.config({ credentials, stsEndpoint: server.url, ...more }), {
    baseDirectory: home.folder,
  })
  fixture.open.push(kms)
  return await kms.generateDekPair(kek).then(
    ({ dek }) => {
      dek.destroy()
      return fixture.aws.requests.at(-1)?.accessKeyId
    },
    (error: unknown) => error,
  )
}

/** The sources that ask a metadata service. */
const services: Readonly<Record<string, () => CredentialsConfig>> = {
  container: () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/credentials`)
    return { method: 'container' }
  },
  podIdentity: () => ({ method: 'podIdentity', uri: `${server.url}/credentials` }),
  ec2: () => {
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', server.url)
    return { method: 'ec2' }
  },
  'default, in a container': () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/credentials`)
    return { method: 'default' }
  },
  'default, on EC2': () => {
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', server.url)
    return { method: 'default' }
  },
  'profile, with credential_source = Ec2InstanceMetadata': () => {
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', server.url)
    home.config(`[profile p]\nrole_arn=${ROLE}\ncredential_source=Ec2InstanceMetadata\n`)
    return { method: 'profile', profile: 'p' }
  },
}

describe.each(Object.keys(services))('the metadata service of %s', (name) => {
  const make = services[name]!

  it('gives credentials', async () => {
    expect(await outcome(make())).toMatch(/^ASIA/)
  })

  it.each([429, 500, 502, 503, 504])('that sends %i is unavailable, whichever request it is', async (status) => {
    for (const path of ['/latest/api/token', '/latest/meta-data', '/credentials']) {
      server.status = { [path]: status }
      const credentials = make()
      const error = await outcome(credentials)
      if (server.requests.some(({ url }) => url.startsWith(path)))
        expect(error).toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true, status, endpoint: server.url })
      server.requests.length = 0
    }
    expect.hasAssertions()
  })

  it.each([400, 401, 403, 404])('that sends %i issues no credentials', async (status) => {
    server.status = status
    expect(await outcome(make())).toMatchObject({ code: 'KMS_AUTHENTICATION', retryable: false })
  })

  it.each(['', '{', '[]', 'null', '{"AccessKeyId":"a"}', 'x'.repeat(100_000)])(
    'that sends %.20j is an invalid response',
    async (body) => {
      server.body = body
      expect(await outcome(make())).toMatchObject({ code: 'KMS_INVALID_RESPONSE', retryable: false })
    },
  )

  it('that redirects is not followed', async () => {
    server.status = 302
    expect(await outcome(make())).toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
  })
})

describe('EC2', () => {
  it('is asked by IMDSv2, and never by IMDSv1 unless that is allowed', async () => {
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', server.url)
    expect(await outcome({ method: 'ec2' })).toBe('ASIA1')
    expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'GET', 'GET'])
    expect(server.requests.slice(1).map(({ headers }) => headers['x-aws-ec2-metadata-token'])).toEqual([
      'imds-session-token',
      'imds-session-token',
    ])
    for (const status of [403, 404, 405]) {
      server.requests.length = 0
      server.status = { '/latest/api/token': status }
      expect(await outcome({ method: 'ec2' })).toMatchObject({ code: 'KMS_AUTHENTICATION' })
      expect(server.requests.map(({ method }) => method)).toEqual(['PUT'])
      expect(await outcome({ method: 'ec2', allowImdsV1: true })).toMatch(/^ASIA/)
    }
  })
})

describe('no credentials', () => {
  const message = async (credentials: CredentialsConfig): Promise<string> =>
    ((await outcome(credentials)) as Error).message

  it('says what was tried', async () => {
    expect(await message({ method: 'default' })).toContain(
      'no AWS credentials found (tried: environment, profile "default", web identity, container, EC2 (disabled))',
    )
    vi.stubEnv('AWS_PROFILE', 'p')
    expect(await message({ method: 'default' })).toContain('(tried: profile "p", web identity')
    expect(await message({ method: 'profile', profile: 'q' })).toContain('(tried: profile "q")')
    expect(await message({ method: 'container' })).toContain('(tried: container)')
    expect(await message({ method: 'webIdentity' })).toContain('(tried: web identity)')
    expect(fixture.aws.requests).toEqual([])
  })

  it('differs from rejected credentials, which name the error of AWS', async () => {
    fixture.aws.faults = [{ type: 'ExpiredTokenException' }]
    const rejected = await outcome(source)
    expect(rejected).toMatchObject({ code: 'KMS_AUTHENTICATION', reason: 'ExpiredTokenException' })
    expect((rejected as Error).message).toMatch(/rejected the credentials .*ExpiredTokenException/)
    server.status = 403
    const denied = await outcome({ method: 'assumeRole', roleArn: ROLE, source })
    expect(denied).toMatchObject({ code: 'KMS_AUTHENTICATION', reason: 'AccessDenied', endpoint: server.url })
  })

  it('names the line to type when an SSO session is absent or has ended', async () => {
    home.config(SSO_PROFILE)
    const absent = await message({ method: 'profile', profile: 'sso' })
    expect(absent).toContain('aws sso login --profile sso')
    home.ssoSession('work', { accessToken: 'kf-canary', expiresAt: new Date(Date.now() - 1_000).toISOString() })
    vi.stubEnv('AWS_PROFILE', 'sso')
    const ended = await message({ method: 'default' })
    expect(ended).toContain('aws sso login --profile sso')
    expect(ended).not.toContain('kf-canary')
  })

  it.each([
    [401, 'UnauthorizedException', 'KMS_AUTHENTICATION'],
    [429, 'TooManyRequestsException', 'KMS_THROTTLED'],
    [500, undefined, 'KMS_UNAVAILABLE'],
    [503, undefined, 'KMS_UNAVAILABLE'],
  ])('is what SSO means by %i %s: %s', async (status, errorType, code) => {
    home.config(SSO_PROFILE)
    home.ssoSession('work', SSO_SESSION)
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', server.url)
    Object.assign(server, { status, errorType, body: '{}' })
    const error = await outcome({ method: 'profile', profile: 'sso' })
    expect(error).toMatchObject({ code, status, endpoint: server.url })
    if (status === 401) expect((error as Error).message).toContain('aws sso login --profile sso')
  })
})

describe('an access key', () => {
  const keys = (value: string): CredentialsConfig => ({
    method: 'static',
    accessKeyId: secret(value),
    secretAccessKey: secret('s'),
  })

  it.each(['\n', '\r\n'])('loses one final line break, from a value, a file or a variable: %j', async (end) => {
    expect(await outcome(keys(`AKIAVALUE${end}`))).toBe('AKIAVALUE')
    home.file('id', `AKIAFILE${end}`)
    expect(await outcome({ ...keys('x'), accessKeyId: { file: 'id' } } as CredentialsConfig)).toBe('AKIAFILE')
    vi.stubEnv('KF_ID', `AKIAENV${end}`)
    expect(await outcome({ ...keys('x'), accessKeyId: { env: 'KF_ID' } } as CredentialsConfig)).toBe('AKIAENV')
    vi.stubEnv('AWS_ACCESS_KEY_ID', `AKIADEFAULT${end}`)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', `s${end}`)
    expect(await outcome({ method: 'default' })).toBe('AKIADEFAULT')
  })

  it.each(['AKIA\nREST', 'AKIA\r\nREST', '\nAKIA', 'AKIA\n\n', 'AKIA\rREST'])(
    'with a line break in it is a configuration error that says so: %j',
    async (value) => {
      const error = await outcome(keys(value))
      expect(error).toMatchObject({ code: 'KMS_CONFIG', path: 'credentials.accessKeyId' })
      expect((error as Error).message).toContain('line break')
      expect((error as Error).message).not.toContain('REST')
      vi.stubEnv('AWS_ACCESS_KEY_ID', value)
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
      expect(await outcome({ method: 'default' })).toMatchObject({ code: 'KMS_CONFIG', path: 'AWS_ACCESS_KEY_ID' })
    },
  )

  it.each([
    ['secretAccessKey', 'kf canary'],
    ['sessionToken', 'kf\u0000canary'],
  ])('has a %s of visible characters', async (field, value) => {
    const error = await outcome({ ...keys('AKIA'), [field]: secret(value) })
    expect(error).toMatchObject({ code: 'KMS_CONFIG', path: `credentials.${field}` })
    expect((error as Error).message).not.toContain('canary')
  })
})

describe('a profile', () => {
  it('gives the region, and credentials of a process, a role or another profile', async () => {
    const script = home.file(
      'process.sh',
      '#!/bin/sh\necho \'{"Version":1,"AccessKeyId":"AKIAPROC","SecretAccessKey":"x"}\'\n',
    )
    chmodSync(script, 0o700)
    home.config(`[profile p]
region=eu-central-1
credential_process=${script}
[profile role]
region=eu-central-1
role_arn=${ROLE}
source_profile=keys
external_id=partner-7
[profile keys]
aws_access_key_id=AKIAKEYS
aws_secret_access_key=s
[profile self]
region=eu-central-1
role_arn=${ROLE}
source_profile=self
aws_access_key_id=AKIASELF
aws_secret_access_key=s
`)
    const unset = { region: undefined }
    expect(await outcome({ method: 'profile', profile: 'p' }, unset)).toBe('AKIAPROC')
    expect(await outcome({ method: 'profile', profile: 'role' }, unset)).toBe('ASIA1')
    expect(server.requests[0]?.form.get('ExternalId')).toBe('partner-7')
    expect(server.requests[0]?.headers.authorization).toContain('Credential=AKIAKEYS/')
    expect(await outcome({ method: 'profile', profile: 'self' }, unset)).toBe('ASIA2')
    expect(server.requests[1]?.headers.authorization).toContain('Credential=AKIASELF/')
    vi.stubEnv('AWS_PROFILE', 'p')
    expect(await outcome({ method: 'default' }, unset)).toBe('AKIAPROC')
    await expect(outcome({ method: 'profile', profile: 'keys' }, unset)).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'region',
    })
  })

  it.each([
    [`role_arn=${ROLE}\nsource_profile=q\n[profile q]\nrole_arn=${ROLE}\nsource_profile=q`, 'KMS_CONFIG'],
    [`role_arn=${ROLE}\nsource_profile=q\n[profile q]\nrole_arn=${ROLE}\nsource_profile=p`, 'KMS_CONFIG'],
    [`role_arn=${ROLE}\ncredential_source=Nowhere`, 'KMS_CONFIG'],
    [`role_arn=${ROLE}\ncredential_source=Environment\nmfa_serial=x`, 'KMS_CONFIG'],
    [`role_arn=${ROLE}\ncredential_source=Environment`, 'KMS_AUTHENTICATION'],
    ['credential_process=false', 'KMS_AUTHENTICATION'],
    ['credential_process=echo kf-canary', 'KMS_AUTHENTICATION'],
    ['region=eu-central-1', 'KMS_AUTHENTICATION'],
  ])('that says %j is %s', async (text, code) => {
    home.config(`[profile p]\n${text}\n`)
    const error = await outcome({ method: 'profile', profile: 'p' })
    expect(error).toMatchObject({ code })
    expect((error as Error).message).not.toContain('kf-canary')
  })
})
