import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { CredentialsConfig } from '../../src/credentials/credentials-schema.ts'
import provider from '../../src/kms-provider.ts'
import { CredentialServer } from '../support/credential-server.ts'
import { KEY_ID } from '../support/fake-aws.ts'
import { withFake } from '../support/with-fake.ts'

const ROLE = 'arn:aws:iam::111122223333:role/reader'
const SECOND_ROLE = 'arn:aws:iam::111122223333:role/writer'
const fixture = withFake()
const kek = { provider: 'aws', id: KEY_ID, wrapping: 'authenticated' } as const

let server: CredentialServer
let folder: string

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  server = new CredentialServer()
  await server.start()
  folder = mkdtempSync(join(tmpdir(), 'keyfold-aws-'))
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'none'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await server.stop()
  rmSync(folder, { recursive: true })
})

async function keyUsedWith(credentials: CredentialsConfig): Promise<string | undefined> {
  const kms = await provider.create(fixture.config({ credentials, stsEndpoint: server.url }), { baseDirectory: folder })
  fixture.open.push(kms)
  ;(await kms.generateDekPair(kek)).dek.destroy()
  return fixture.aws.requests.at(-1)?.accessKeyId
}

const source = { method: 'static', accessKeyId: { value: 'AKIASOURCE' }, secretAccessKey: { value: 's' } } as const

describe('the ways to credentials', () => {
  it('default: the chain of the SDK, here from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
    expect(await keyUsedWith({ method: 'default' })).toBe('AKIAENV')
  })

  it('profile: of the files that are named', async () => {
    writeFileSync(
      join(folder, 'credentials'),
      '[one]\naws_access_key_id=AKIAONE\naws_secret_access_key=s\n[two]\naws_access_key_id=AKIATWO\naws_secret_access_key=s\n',
    )
    expect(await keyUsedWith({ method: 'profile', profile: 'two', credentialsFile: 'credentials' })).toBe('AKIATWO')
  })

  it('static: of files and variables, with a session token', async () => {
    writeFileSync(join(folder, 'id'), 'AKIAFILE\n')
    vi.stubEnv('KF_SECRET', 's')
    expect(
      await keyUsedWith({
        method: 'static',
        accessKeyId: { file: 'id' },
        secretAccessKey: { env: 'KF_SECRET' },
        sessionToken: { value: 'kf' },
      }),
    ).toBe('AKIAFILE')
    expect(fixture.aws.requests.at(-1)?.sessionToken).toBe('kf')
  })

  it('webIdentity: a role with the token of a file', async () => {
    writeFileSync(join(folder, 'token'), 'jwt\n')
    expect(await keyUsedWith({ method: 'webIdentity', roleArn: ROLE, tokenFile: 'token', sessionName: 'orders' })).toBe(
      'ASIA1',
    )
    expect(Object.fromEntries(server.requests[0]!.form)).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      RoleArn: ROLE,
      WebIdentityToken: 'jwt',
      RoleSessionName: 'orders',
    })
  })

  it('webIdentity: by the variables that EKS sets', async () => {
    writeFileSync(join(folder, 'token'), 'jwt')
    vi.stubEnv('AWS_ROLE_ARN', ROLE)
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    expect(await keyUsedWith({ method: 'webIdentity' })).toBe('ASIA1')
  })

  it('container: by the variables that ECS sets', async () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/credentials`)
    expect(await keyUsedWith({ method: 'container' })).toBe('ASIA1')
  })

  it('podIdentity: with a token of a file that is read anew', async () => {
    writeFileSync(join(folder, 'token'), 'pod-token')
    expect(await keyUsedWith({ method: 'podIdentity', uri: `${server.url}/credentials`, tokenFile: 'token' })).toBe(
      'ASIA1',
    )
    expect(server.requests[0]?.headers.authorization).toBe('pod-token')
  })

  it('assumeRole: with an external id and a source', async () => {
    expect(
      await keyUsedWith({ method: 'assumeRole', roleArn: ROLE, externalId: 'partner-7', durationSeconds: 900, source }),
    ).toBe('ASIA1')
    expect(Object.fromEntries(server.requests[0]!.form)).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: ROLE,
      ExternalId: 'partner-7',
      DurationSeconds: '900',
      RoleSessionName: 'keyfold',
    })
    expect(server.requests[0]?.headers.authorization).toContain('Credential=AKIASOURCE/')
  })

  it('assumeRole: a chain of roles', async () => {
    const first = { method: 'assumeRole', roleArn: ROLE, source } as const
    expect(await keyUsedWith({ method: 'assumeRole', roleArn: SECOND_ROLE, source: first })).toBe('ASIA2')
    expect(
      server.requests.map(({ form, headers }) => [
        form.get('RoleArn'),
        /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1],
      ]),
    ).toEqual([
      [ROLE, 'AKIASOURCE'],
      [SECOND_ROLE, 'ASIA1'],
    ])
  })
})

describe('credentials that cannot be had', () => {
  const connect = (credentials: CredentialsConfig) =>
    provider.create(fixture.config({ credentials, stsEndpoint: server.url }), { baseDirectory: folder })

  it('are KMS_AUTHENTICATION, without a request to the KMS', async () => {
    const kms = await connect({ method: 'default' })
    fixture.open.push(kms)
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_AUTHENTICATION', retryable: false })
    expect(fixture.aws.requests).toEqual([])
  })

  it.each([
    [403, 'KMS_AUTHENTICATION', false],
    [503, 'KMS_UNAVAILABLE', true],
  ] as const)('are no verdict on an EDEK when STS answers %i: %s', async (status, code, retryable) => {
    const ready = await fixture.connect()
    const { dek, edek } = await ready.generateDekPair(kek)
    dek.destroy()
    server.status = status
    const kms = await connect({ method: 'assumeRole', roleArn: ROLE, source })
    fixture.open.push(kms)
    await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject({ code, retryable })
  })

  it('are an outage when the metadata service cannot be reached', async () => {
    const kms = await connect({ method: 'podIdentity', uri: 'http://127.0.0.1:1/credentials' })
    fixture.open.push(kms)
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_UNAVAILABLE', retryable: true })
  })

  it('are no outage when a token file is missing', async () => {
    const kms = await connect({ method: 'webIdentity', roleArn: ROLE, tokenFile: 'missing' })
    fixture.open.push(kms)
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_AUTHENTICATION', retryable: false })
  })

  it('name the field when a secret cannot be read', async () => {
    const kms = await connect({ method: 'static', accessKeyId: { file: 'missing' }, secretAccessKey: { value: 's' } })
    fixture.open.push(kms)
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'credentials.accessKeyId.file',
    })
  })

  it('end at the deadline when the way to them hangs', async () => {
    const hanging = createServer(() => undefined)
    hanging.listen(0, '127.0.0.1')
    await once(hanging, 'listening')
    const uri = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/credentials`
    const kms = await provider.create(
      fixture.config({ credentials: { method: 'podIdentity', uri }, timeouts: { requestMs: 200 } }),
      { baseDirectory: folder },
    )
    fixture.open.push(kms)
    const began = performance.now()
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_TIMEOUT' })
    // Without the deadline of 200 ms it would hang until the test times out.
    expect(performance.now() - began).toBeLessThan(5_000)
    hanging.closeAllConnections()
    hanging.close()
  })
})

describe('credentials that are exchanged while they are in use', () => {
  it('lose no call when the old ones are refused, and are renewed once for each exchange', async () => {
    const EXCHANGES = 100
    writeFileSync(join(folder, 'id'), 'AKIA0')
    fixture.aws.accepted = new Set(['AKIA0'])
    const credentials = { method: 'static', accessKeyId: { file: 'id' }, secretAccessKey: { value: 's' } } as const
    const kms = await provider.create(fixture.config({ credentials }), { baseDirectory: folder })
    fixture.open.push(kms)
    let calls = 0
    for (let exchange = 1; exchange <= EXCHANGES; exchange++) {
      writeFileSync(join(folder, 'id'), `AKIA${exchange}`)
      fixture.aws.accepted = new Set([`AKIA${exchange}`])
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          ;(await kms.generateDekPair(kek)).dek.destroy()
          calls++
        }),
      )
    }
    expect(calls).toBe(EXCHANGES * 10)
    const refused = fixture.aws.requests.length - calls
    expect(refused).toBeGreaterThanOrEqual(EXCHANGES)
    expect(refused).toBeLessThanOrEqual(EXCHANGES * 10)
  })

  it('are tried once more only: who is not known is told so', async () => {
    fixture.aws.accepted = new Set()
    const kms = await fixture.connect()
    await expect(kms.resolveKek('payments')).rejects.toMatchObject({ code: 'KMS_AUTHENTICATION' })
    expect(fixture.operations()).toEqual(['DescribeKey', 'DescribeKey'])
  })
})
