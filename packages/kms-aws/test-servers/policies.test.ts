import { describe, expect, inject, it } from 'vitest'

import type { Kms } from '@keyfold/kms-api'
import { titleOf } from '@keyfold/servers/testing'

import { consumerPolicy, createAwsKmsAdmin, producerPolicy } from '../src/admin/index.ts'
import type { AwsKmsConfig } from '../src/config-schema.ts'
import provider from '../src/kms-provider.ts'
import { authentication, createUser } from './support/moto-iam.ts'

const moto = inject('moto')
const url = moto.url ?? ''
const config: AwsKmsConfig = {
  region: 'eu-central-1',
  account: '123456789012',
  endpoint: url,
  credentials: { method: 'static', accessKeyId: { value: 'test' }, secretAccessKey: { value: 'test' } },
  timeouts: { requestMs: 30_000 },
}

/** moto compares the resource of a policy with "*" only: it decides by the actions. */
const forAllKeys = (policy: string): string => policy.replaceAll(/"arn:[^"]*"/g, '"*"')

describe.skipIf(moto.missing !== undefined)(titleOf('the policies, decided by moto', moto), () => {
  it('let a producer generate and not decrypt, a consumer decrypt and not generate, and others nothing', async () => {
    await using admin = await createAwsKmsAdmin(config)
    const kek = await admin.createKek('policies')
    const producer = await createUser(url, 'producer', forAllKeys(producerPolicy({ config, keks: [kek.id] })))
    const consumer = await createUser(url, 'consumer', forAllKeys(consumerPolicy({ config, keks: [kek.id] })))
    const other = await createUser(url, 'other')
    await authentication(url, '0')
    try {
      const connect = (credentials: AwsKmsConfig['credentials']): Promise<Kms> =>
        provider.create({ ...config, credentials }, { baseDirectory: '.' })
      await using producing = await connect(producer)
      await using consuming = await connect(consumer)
      await using denied = await connect(other)
      const { dek, edek } = await producing.generateDekPair(await producing.resolveKek(kek.id))
      dek.destroy()
      ;(await consuming.decryptEdek(await consuming.resolveKek(kek.id), edek)).destroy()
      const refused = [
        () => producing.decryptEdek(kek, edek),
        () => consuming.generateDekPair(kek),
        () => denied.resolveKek(kek.id),
        () => denied.generateDekPair(kek),
        () => denied.decryptEdek(kek, edek),
      ]
      for (const call of refused)
        await expect(call()).rejects.toMatchObject({ code: 'KMS_ACCESS_DENIED', retryable: false })
    } finally {
      await authentication(url, 'inf')
    }
  })
})
