import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'

import { titleOf } from '@keyfold/servers/testing'

import { createAwsKmsAdmin } from '../src/admin/index.ts'
import type { CredentialsConfig } from '../src/credentials/credentials-schema.ts'
import provider from '../src/kms-provider.ts'

const REGION = 'eu-central-1'
/** The account of a role decides whose keys are seen: so it shows that the credentials are the role's. */
const ROLE = 'arn:aws:iam::222222222222:role/reader'
const SECOND_ROLE = 'arn:aws:iam::333333333333:role/writer'
const source = { method: 'static', accessKeyId: { value: 'test' }, secretAccessKey: { value: 'test' } } as const

const WAYS: readonly (readonly [string, string, CredentialsConfig])[] = [
  [
    'a role',
    '222222222222',
    {
      method: 'assumeRole',
      roleArn: ROLE,
      externalId: 'partner-7',
      sessionName: 'keyfold-test',
      durationSeconds: 900,
      source,
    },
  ],
  [
    'a role of a role',
    '333333333333',
    { method: 'assumeRole', roleArn: SECOND_ROLE, source: { method: 'assumeRole', roleArn: ROLE, source } },
  ],
  [
    'a role with a web identity',
    '222222222222',
    { method: 'webIdentity', roleArn: ROLE, tokenFile: 'token', sessionName: 'keyfold-test' },
  ],
  ['a role with the web identity of the environment', '222222222222', { method: 'webIdentity' }],
  ['the default chain with the web identity of the environment', '222222222222', { method: 'default' }],
]

for (const name of ['localstack', 'moto'] as const) {
  const server = inject(name)
  const endpoint = server.url ?? ''

  describe.skipIf(server.missing !== undefined)(titleOf(`roles from the STS of ${name}`, server), () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyfold-aws-'))
    afterAll(() => {
      rmSync(folder, { recursive: true })
    })

    beforeEach(() => {
      for (const variable of Object.keys(process.env)) if (variable.startsWith('AWS_')) vi.stubEnv(variable, undefined)
      writeFileSync(join(folder, 'token'), 'eyJhbGciOiJub25lIn0.e30.\n')
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
      vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'none'))
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'))
      vi.stubEnv('AWS_ROLE_ARN', ROLE)
      vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
      vi.stubEnv('AWS_ENDPOINT_URL_STS', endpoint)
    })
    afterEach(() => {
      vi.unstubAllEnvs()
    })

    it.each(WAYS)('%s makes and opens DEKs in the account %s', async (source, account, credentials) => {
      const config = {
        region: REGION,
        account,
        endpoint,
        stsEndpoint: endpoint,
        credentials,
        timeouts: { requestMs: 30_000 },
      }
      await using admin = await createAwsKmsAdmin(config, { baseDirectory: folder })
      const { id } = await admin.createKek(`roles-${source.replace(/[^a-z]/gi, '-')}`)
      const { arn } = await admin.describeKek(id)
      expect(arn).toContain(`:${account}:`)
      await using kms = await provider.create(config, { baseDirectory: folder })
      const kek = await kms.resolveKek(arn)
      const { dek, edek } = await kms.generateDekPair(kek)
      dek.destroy()
      ;(await kms.decryptEdek(kek, edek)).destroy()
    })
  })
}
