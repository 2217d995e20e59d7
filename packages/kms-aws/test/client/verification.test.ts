import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import { TestAuthority, type CertificateKind, type ServerCertificate } from '@keyfold/kms-test-support/faults'

import type { AwsKmsConfig } from '../../src/config-schema.ts'
import type { CredentialsConfig } from '../../src/credentials/credentials-schema.ts'
import provider from '../../src/kms-provider.ts'
import { SSO_PROFILE, SSO_SESSION, withAwsHome } from '../support/aws-home.ts'
import { CredentialServer } from '../support/credential-server.ts'
import { KEY_ID } from '../support/fake-aws.ts'
import { withFake } from '../support/with-fake.ts'

const ROLE = 'arn:aws:iam::111122223333:role/reader'
const KINDS = ['self-signed', 'expired', 'not-yet-valid', 'wrong-host', 'unknown-ca'] as const
const CODES = /^(?:CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT)/
const kek = { provider: 'aws', id: KEY_ID, wrapping: 'authenticated' } as const
const fixture = withFake()
const home = withAwsHome()
const source = { method: 'static', accessKeyId: { value: 'AKIASOURCE' }, secretAccessKey: { value: 's' } } as const

let ca: string
const certificates = new Map<CertificateKind, ServerCertificate>()
let server: CredentialServer | undefined

beforeAll(async () => {
  const authority = await TestAuthority.create()
  ca = authority.ca
  for (const kind of ['good', ...KINDS] as const) certificates.set(kind, await authority.issue(kind))
})

afterEach(async () => {
  await server?.stop()
  server = undefined
})

/** Every service that the provider sends requests to over TLS, and how it comes to do so. */
const services: Readonly<Record<string, (url: string) => Partial<AwsKmsConfig>>> = {
  KMS: (url) => ({ endpoint: url }),
  'STS, AssumeRole': (url) => ({ stsEndpoint: url, credentials: { method: 'assumeRole', roleArn: ROLE, source } }),
  'STS, AssumeRoleWithWebIdentity': (url) => {
    home.file('token', 'kf-canary-jwt')
    return { stsEndpoint: url, credentials: { method: 'webIdentity', roleArn: ROLE, tokenFile: 'token' } }
  },
  'STS, for a profile with a source profile': (url) => {
    home.config(
      `[profile p]\nrole_arn=${ROLE}\nsource_profile=q\n[profile q]\naws_access_key_id=AKIAQ\naws_secret_access_key=s\n`,
    )
    return { stsEndpoint: url, credentials: { method: 'profile', profile: 'p' } }
  },
  'STS, for a profile with a web identity': (url) => {
    const file = home.file('token', 'kf-canary-jwt')
    home.config(`[profile p]\nrole_arn=${ROLE}\nweb_identity_token_file=${file}\n`)
    vi.stubEnv('AWS_ENDPOINT_URL_STS', url)
    return { credentials: { method: 'profile', profile: 'p' } }
  },
  'SSO, GetRoleCredentials': (url) => {
    home.config(SSO_PROFILE)
    home.ssoSession('work', SSO_SESSION)
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', url)
    return { credentials: { method: 'profile', profile: 'sso' } }
  },
  'SSO, in the default chain': (url) => {
    home.config(SSO_PROFILE)
    home.ssoSession('work', SSO_SESSION)
    vi.stubEnv('AWS_PROFILE', 'sso')
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', url)
    return { credentials: { method: 'default' } }
  },
  'aws login': (url) => {
    home.config('[profile p]\nlogin_session=me\nregion=eu-central-1\n')
    home.loginSession('me')
    vi.stubEnv('AWS_ENDPOINT_URL_SIGNIN', url)
    return { credentials: { method: 'profile', profile: 'p' } }
  },
  'a container credential service': (url) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`)
    return { credentials: { method: 'container' } }
  },
  'a container credential service, in the default chain': (url) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`)
    return { credentials: { method: 'default' } }
  },
  'a container credential service, for a profile': (url) => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${url}/credentials`)
    home.config(`[profile p]\nrole_arn=${ROLE}\ncredential_source=EcsContainer\n`)
    return { stsEndpoint: url, credentials: { method: 'profile', profile: 'p' } }
  },
  'EKS Pod Identity': (url) => ({ credentials: { method: 'podIdentity', uri: `${url}/credentials` } }),
  'an EC2 metadata service': (url) => {
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url)
    return { credentials: { method: 'ec2' } }
  },
}

async function call(service: string, kind: CertificateKind, tls: boolean): Promise<unknown> {
  server = await new CredentialServer(certificates.get(kind)).start()
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const settings = services[service]?.(server.url)
  const config = { ...fixture.config(settings), ...(tls && { tls: { ca: { value: ca } } }) }
  const kms = await provider.create(config, { baseDirectory: home.folder })
  fixture.open.push(kms)
  return await kms.generateDekPair(kek).then(
    ({ dek }) => {
      dek.destroy()
      return 'success'
    },
    (error: unknown) => error,
  )
}

describe.each(Object.keys(services))('TLS to %s, with NODE_TLS_REJECT_UNAUTHORIZED=0', (service) => {
  it('works with a good certificate', async () => {
    const outcome = await call(service, 'good', true)
    // The server of KMS is a credential server here, whose response is none of KMS.
    expect(outcome).toEqual(service === 'KMS' ? expect.objectContaining({ code: 'KMS_INVALID_RESPONSE' }) : 'success')
    expect(server?.requests.length).toBeGreaterThan(0)
  })

  it.each(KINDS)('rejects a certificate that is %s', async (kind) => {
    const outcome = await call(service, kind, true)
    expect(outcome).toMatchObject({ code: 'KMS_UNAVAILABLE', cause: { code: expect.stringMatching(CODES) as string } })
    expect(server?.requests).toEqual([])
  })

  it('rejects a certificate of an authority that Node.js does not know, without "tls"', async () => {
    expect(await call(service, 'good', false)).toMatchObject({ code: 'KMS_UNAVAILABLE' })
    expect(server?.requests).toEqual([])
  })
})

describe('TLS to SSO OIDC, with NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  it.each([...KINDS, 'good'] as const)('renews a session only over a verified connection: %s', async (kind) => {
    home.config(SSO_PROFILE)
    home.ssoSession('work', { ...SSO_SESSION, expiresAt: new Date(Date.now() - 1_000).toISOString() })
    server = await new CredentialServer(certificates.get(kind)).start()
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    vi.stubEnv('AWS_ENDPOINT_URL_SSO', server.url)
    vi.stubEnv('AWS_ENDPOINT_URL_SSO_OIDC', server.url)
    // The SDK tries to renew a session once in 30 s.
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000 * (1 + [...KINDS, 'good'].indexOf(kind)))
    const credentials: CredentialsConfig = { method: 'profile', profile: 'sso' }
    const kms = await provider.create(fixture.config({ credentials, tls: { ca: { value: ca } } }), {
      baseDirectory: home.folder,
    })
    fixture.open.push(kms)
    const outcome = await kms.resolveKek('payments').catch((error: unknown) => error)
    clock.mockRestore()
    if (kind === 'good') expect(outcome).toMatchObject({ id: KEY_ID })
    else expect(outcome).toMatchObject({ code: 'KMS_UNAVAILABLE' })
    expect(server.requests.map(({ url }) => url.split('?')[0])).toEqual(
      kind === 'good' ? ['/token', '/federation/credentials'] : [],
    )
  })
})
