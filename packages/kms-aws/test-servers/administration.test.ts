import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import type { Kms } from '@keyfold/kms-api'
import { titleOf } from '@keyfold/servers/testing'

import { createAwsKmsAdmin, type AwsKmsAdmin } from '../src/admin/index.ts'
import type { AwsKmsConfig } from '../src/config-schema.ts'
import provider from '../src/kms-provider.ts'

const localstack = inject('localstack')
const config: AwsKmsConfig = {
  region: 'eu-central-1',
  account: '000000000000',
  endpoint: localstack.url ?? 'http://127.0.0.1:1',
  credentials: { method: 'static', accessKeyId: { value: 'test' }, secretAccessKey: { value: 'test' } },
  timeouts: { requestMs: 30_000 },
}

describe.skipIf(localstack.missing !== undefined)(titleOf('administration on LocalStack', localstack), () => {
  let admin: AwsKmsAdmin
  let kms: Kms

  beforeAll(async () => {
    admin = await createAwsKmsAdmin(config)
    kms = await provider.create(config, { baseDirectory: '.' })
  })

  afterAll(async () => {
    await admin.close()
    await kms.close()
  })

  it('makes a key with alias, description, tags and policy', async () => {
    const policy = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' }],
    }
    const kek = await admin.createKek('admin-one', { description: 'Orders', tags: { team: 'a' }, policy })
    expect(await admin.describeKek(kek.id)).toMatchObject({
      state: 'Enabled',
      description: 'Orders',
      multiRegion: false,
    })
    expect((await kms.resolveKek('admin-one')).id).toBe(kek.id)
  })

  it('refuses an alias that is taken', async () => {
    await admin.createKek('admin-taken')
    await expect(admin.createKek('admin-taken')).rejects.toMatchObject({ code: 'KMS_CONFIG' })
  })

  it('rotates: the version changes, and older EDEKs still open', async () => {
    await admin.createKek('admin-rotated')
    const before = await kms.resolveKek('admin-rotated')
    const { dek, edek } = await kms.generateDekPair(before)
    dek.destroy()
    await admin.enableRotation('admin-rotated', { periodInDays: 90 })
    await admin.rotateKek('admin-rotated')
    await admin.disableRotation('admin-rotated')
    const after = await kms.resolveKek('admin-rotated')
    expect(after.id).toBe(before.id)
    expect(after.version).not.toBe(before.version)
    ;(await kms.decryptEdek(after, edek)).destroy()
  })

  it('disables, enables, plans a deletion and takes it back', async () => {
    const kek = await admin.createKek('admin-states')
    await admin.disableKek('admin-states')
    await expect(kms.generateDekPair(kek)).rejects.toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state: 'disabled' })
    await admin.enableKek('admin-states')
    ;(await kms.generateDekPair(kek)).dek.destroy()
    await admin.scheduleKekDeletion('admin-states', { days: 7 })
    expect((await admin.describeKek('admin-states')).deletionDate?.getTime()).toBeGreaterThan(
      Date.now() + 6 * 86_400_000,
    )
    for (const call of [() => kms.generateDekPair(kek), () => kms.resolveKek('admin-states')]) {
      await expect(call()).rejects.toMatchObject({ code: 'KMS_KEY_UNAVAILABLE', state: 'pending-deletion' })
    }
    await admin.cancelKekDeletion('admin-states')
    expect((await admin.describeKek('admin-states')).state).toBe('Disabled')
  })

  it('points an alias at another key, and removes it', async () => {
    const one = await admin.createKek('admin-moved')
    const two = await admin.createKek('admin-second')
    await admin.setAlias('admin-moved', two.id)
    expect((await kms.resolveKek('admin-moved')).id).toBe(two.id)
    await admin.setAlias('admin-new', (await admin.describeKek(one.id)).arn)
    expect((await kms.resolveKek('admin-new')).id).toBe(one.id)
    await admin.deleteAlias('admin-moved')
    await expect(kms.resolveKek('admin-moved')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    await expect(admin.deleteAlias('admin-moved')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
  })

  it('copies only multi-region keys', async () => {
    await admin.createKek('admin-single')
    await expect(admin.replicateKek('admin-single', 'eu-west-1')).rejects.toMatchObject({
      code: 'KMS_INVALID_KEY_USAGE',
    })
  })
})
