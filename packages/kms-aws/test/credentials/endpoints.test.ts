import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { configSchema, type AwsKmsConfig } from '../../src/config-schema.ts'
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

let server: CredentialServer
beforeEach(async () => {
  server = await new CredentialServer().start()
})
afterEach(async () => {
  await server.stop()
})

const sso = (): Partial<AwsKmsConfig> => {
  home.config(SSO_PROFILE)
  home.ssoSession('work', SSO_SESSION)
  return { credentials: { method: 'profile', profile: 'sso' } }
}
const webIdentity = (): Partial<AwsKmsConfig> => {
  home.file('token', 'kf-canary-jwt')
  return { credentials: { method: 'webIdentity', roleArn: ROLE, tokenFile: 'token' } }
}

/** How an endpoint can come from somewhere else than the configuration. */
const places: Readonly<Record<string, (url: string) => Partial<AwsKmsConfig>>> = {
  'AWS_ENDPOINT_URL_STS, for a role': (url) => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', url)
    return { credentials: { method: 'assumeRole', roleArn: ROLE, source } }
  },
  'AWS_ENDPOINT_URL, for a role': (url) => {
    vi.stubEnv('AWS_ENDPOINT_URL', url)
    return { credentials: { method: 'assumeRole', roleArn: ROLE, source } }
  },
  'AWS_ENDPOINT_URL_STS, for a web identity': (url) => {
    vi.stubEnv('AWS_ENDPOINT_URL_STS', url)
    return webIdentity()
  },
  'endpoint_url of the default profile, for a web identity': (url) => {
    home.config(`[default]\nendpoint_url=${url}\n`)
    return webIdentity()
  },
  'the services section of the default profile, for a web identity': (url) => {
    home.config(`[default]\nservices=local\n[services local]\nsts =\n  endpoint_url=${url}\n`)
    return webIdentity()
  },
  'AWS_ENDPOINT_URL_STS, for the web identity of a profile': (url) => {
    const file = home.file('token', 'kf-canary-jwt')
    home.config(`[profile p]\nrole_arn=${ROLE}\nweb_identity_token_file=${file}\n`)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', url)
    return { credentials: { method: 'profile', profile: 'p' } }
  },
  AWS_ENDPOINT_URL_SSO: (url) => {
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', url)
    return sso()
  },
  AWS_ENDPOINT_URL_SIGNIN: (url) => {
    home.config('[profile p]\nlogin_session=me\nregion=eu-central-1\n')
    home.loginSession('me')
    vi.stubEnv('AWS_ENDPOINT_URL_SIGNIN', url)
    return { credentials: { method: 'profile', profile: 'p' } }
  },
  AWS_CONTAINER_CREDENTIALS_FULL_URI: (url) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`)
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'kf-canary')
    return { credentials: { method: 'container' } }
  },
  'AWS_CONTAINER_CREDENTIALS_FULL_URI, in the default chain': (url) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`)
    return { credentials: { method: 'default' } }
  },
  'AWS_CONTAINER_CREDENTIALS_FULL_URI, for pods': (url) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`)
    return { credentials: { method: 'podIdentity' } }
  },
  'AWS_CONTAINER_CREDENTIALS_FULL_URI, for a profile': (url) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`)
    home.config(`[profile p]\nrole_arn=${ROLE}\ncredential_source=EcsContainer\n`)
    return { stsEndpoint: server.url, credentials: { method: 'profile', profile: 'p' } }
  },
  AWS_EC2_METADATA_SERVICE_ENDPOINT: (url) => {
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url)
    return { credentials: { method: 'ec2' } }
  },
  'ec2_metadata_service_endpoint of the default profile': (url) => {
    home.config(`[default]\nec2_metadata_service_endpoint=${url}\n`)
    return { credentials: { method: 'ec2' } }
  },
}

async function outcome(settings: Partial<AwsKmsConfig>): Promise<unknown> {
  const kms = await provider.create(fixture.config(settings), { baseDirectory: home.folder })
  fixture.open.push(kms)
  return await kms.generateDekPair(kek).then(
    ({ dek }) => {
      dek.destroy()
      return 'success'
    },
    (error: unknown) => error,
  )
}

describe.each(Object.keys(places))('an endpoint of %s', (name) => {
  it('may be of this machine', async () => {
    expect(await outcome(places[name]!(server.url))).toBe('success')
  })

  it('receives nothing in clear where it is not', async () => {
    const error = await outcome(places[name]!(server.foreignUrl))
    expect(error).toMatchObject({ code: 'KMS_CONFIG' })
    expect((error as Error).message).toContain(server.foreignUrl)
    expect(server.requests).toEqual([])
    expect(fixture.aws.requests).toEqual([])
  })
})

describe('"allowInsecure"', () => {
  it.each([
    ['a web identity', webIdentity, 'AWS_ENDPOINT_URL_STS'],
    ['SSO', sso, 'AWS_ENDPOINT_URL_SSO'],
  ])('never lets the bearer token of %s leave in clear', async (_, make, variable) => {
    vi.stubEnv(variable, server.foreignUrl)
    expect(await outcome({ ...make(), allowInsecure: true })).toMatchObject({ code: 'KMS_CONFIG' })
    expect(server.requests).toEqual([])
  })

  it('permits STS for signed requests', async () => {
    const credentials = { method: 'assumeRole', roleArn: ROLE, source } as const
    expect(await outcome({ credentials, stsEndpoint: server.foreignUrl, allowInsecure: true })).toBe('success')
  })
})

describe('the configuration', () => {
  it.each(['http://10.0.0.1/x', 'http://169.254.1.1/x', 'http://169.254.169.254.example/x', 'ftp://127.0.0.1/x'])(
    'rejects %s as the URI of a pod identity',
    (uri) => {
      expect(configSchema.safeParse({ credentials: { method: 'podIdentity', uri } }).success).toBe(false)
    },
  )

  it.each(['http://169.254.170.23/v1/credentials', 'http://[fd00:ec2::23]/v1/credentials', 'https://pods.example/x'])(
    'accepts %s',
    (uri) => {
      expect(configSchema.safeParse({ credentials: { method: 'podIdentity', uri } }).success).toBe(true)
    },
  )

  it.each([
    [{ fips: true }, 'fips'],
    [{ dualstack: true }, 'dualstack'],
  ])('rejects %j together with an endpoint', async (setting, path) => {
    await expect(provider.create(fixture.config(setting), { baseDirectory: '.' })).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path,
    })
    expect(await outcome({ ...setting, [path]: false })).toBe('success')
  })

  it.each(['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'])(
    'rejects an endpoint beside %s',
    async (variable) => {
      vi.stubEnv(variable, 'true')
      const error: unknown = await provider.create(fixture.config(), { baseDirectory: '.' }).catch((e: unknown) => e)
      expect(error).toMatchObject({ code: 'KMS_CONFIG', path: 'endpoint' })
      expect((error as Error).message).toContain(variable)
    },
  )
})
