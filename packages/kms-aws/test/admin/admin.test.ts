import { describe, expect, it } from 'vitest'

import { createAwsKmsAdmin, type AwsKmsAdmin } from '../../src/admin/index.ts'
import { KEY_ID } from '../support/fake-aws.ts'
import { withFake } from '../support/with-fake.ts'

const fixture = withFake()

async function admin<T>(work: (admin: AwsKmsAdmin) => Promise<T>): Promise<T> {
  await using created = await createAwsKmsAdmin(fixture.config())
  return await work(created)
}

/** The fake has no administration: it shows what is sent, and answers what it is told. */
function answer(on: string, body: object): void {
  fixture.aws.faults.push({ on, status: 200, body: JSON.stringify(body) })
}

const metadata = (id = KEY_ID): object => ({
  KeyMetadata: { KeyId: id, Arn: fixture.aws.arnOf(id), KeyState: 'Enabled' },
})

describe('the administrator', () => {
  it('makes a symmetric key with description, tags, policy and alias', async () => {
    answer('CreateKey', metadata())
    answer('CreateAlias', {})
    const kek = await admin((it) =>
      it.createKek('orders', {
        description: 'Orders',
        tags: { team: 'a' },
        policy: { Version: '2012-10-17' },
        multiRegion: true,
      }),
    )
    expect(kek).toEqual({ provider: 'aws', id: KEY_ID, wrapping: 'authenticated' })
    expect(fixture.aws.requests.map(({ operation, body }) => [operation, body])).toEqual([
      [
        'CreateKey',
        {
          KeySpec: 'SYMMETRIC_DEFAULT',
          KeyUsage: 'ENCRYPT_DECRYPT',
          MultiRegion: true,
          Description: 'Orders',
          Tags: [{ TagKey: 'team', TagValue: 'a' }],
          Policy: '{"Version":"2012-10-17"}',
        },
      ],
      ['CreateAlias', { AliasName: 'alias/orders', TargetKeyId: KEY_ID }],
    ])
  })

  it('leaves no key behind whose alias is taken', async () => {
    answer('CreateKey', metadata())
    fixture.aws.faults.push({ on: 'CreateAlias', type: 'AlreadyExistsException' })
    await expect(admin((it) => it.createKek('payments'))).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      operation: 'admin',
    })
    expect(fixture.operations()).toEqual(['CreateKey', 'CreateAlias', 'ScheduleKeyDeletion'])
  })

  it('refuses an alias that AWS cannot hold before it makes a key', async () => {
    await expect(admin((it) => it.createKek('payments.eu'))).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'kekSelector',
    })
    expect(fixture.aws.requests).toEqual([])
  })

  it.each([
    [
      'enableRotation',
      (it: AwsKmsAdmin) => it.enableRotation('payments', { periodInDays: 90 }),
      'EnableKeyRotation',
      { RotationPeriodInDays: 90 },
    ],
    ['disableRotation', (it: AwsKmsAdmin) => it.disableRotation('payments'), 'DisableKeyRotation', {}],
    ['disableKek', (it: AwsKmsAdmin) => it.disableKek('payments'), 'DisableKey', {}],
    ['enableKek', (it: AwsKmsAdmin) => it.enableKek('payments'), 'EnableKey', {}],
    ['cancelKekDeletion', (it: AwsKmsAdmin) => it.cancelKekDeletion('payments'), 'CancelKeyDeletion', {}],
  ] as const)('%s sends the id of the key that an alias leads to', async (_, call, operation, more) => {
    answer(operation, {})
    await admin(call)
    expect(fixture.aws.requests.map(({ operation: sent, body }) => [sent, body])).toEqual([
      ['DescribeKey', { KeyId: 'alias/payments' }],
      [operation, { KeyId: KEY_ID, ...more }],
    ])
  })

  it('rotates a key, and returns the reference that has the version from then on', async () => {
    answer('RotateKeyOnDemand', {})
    const before = await admin((it) => it.describeKek('payments'))
    fixture.aws.addKey(KEY_ID, { material: 'b'.repeat(64) })
    const after = await admin((it) => it.rotateKek('payments'))
    expect(fixture.operations()).toEqual(['DescribeKey', 'DescribeKey', 'RotateKeyOnDemand', 'DescribeKey'])
    expect([before.kek.version, after.version]).toEqual(['a'.repeat(64), 'b'.repeat(64)])
  })

  it('schedules a deletion after so many days, and says when it will be', async () => {
    answer('ScheduleKeyDeletion', { KeyId: KEY_ID, DeletionDate: 1_800_000_000 })
    await admin((it) => it.scheduleKekDeletion('payments', { days: 7 }))
    expect(fixture.aws.requests.at(-1)?.body).toEqual({ KeyId: KEY_ID, PendingWindowInDays: 7 })
    answer('DescribeKey', {
      KeyMetadata: { Arn: fixture.aws.arnOf(KEY_ID), KeyState: 'PendingDeletion', DeletionDate: 1_800_000_000 },
    })
    expect(await admin((it) => it.describeKek('payments'))).toMatchObject({
      arn: fixture.aws.arnOf(KEY_ID),
      state: 'PendingDeletion',
      deletionDate: new Date(1_800_000_000_000),
    })
  })

  it('lists the versions of a key, oldest first, from every page', async () => {
    fixture.aws.faults.push(
      {
        on: 'ListKeyRotations',
        times: 1,
        status: 200,
        body: JSON.stringify({
          NextMarker: 'more',
          Truncated: true,
          Rotations: [
            { KeyMaterialId: 'c'.repeat(64), RotationDate: 1_700_000_002, KeyMaterialState: 'CURRENT' },
            { KeyMaterialId: 'a'.repeat(64), KeyMaterialState: 'NON_CURRENT' },
          ],
        }),
      },
      {
        on: 'ListKeyRotations',
        status: 200,
        body: JSON.stringify({
          Rotations: [
            { KeyMaterialId: 'b'.repeat(64), RotationDate: 1_700_000_001, KeyMaterialState: 'NON_CURRENT' },
            { KeyMaterialId: 'd'.repeat(64), RotationDate: 1_700_000_003, KeyMaterialState: 'PENDING_ROTATION' },
          ],
        }),
      },
    )
    const versions = await admin((it) => it.listKekVersions('payments'))
    expect(versions.map(({ version, state }) => [version[0], state])).toEqual([
      ['a', 'enabled'],
      ['b', 'enabled'],
      ['c', 'enabled'],
      ['d', 'pending'],
    ])
    expect(versions[1]?.createdAt).toEqual(new Date(1_700_000_001_000))
    expect(fixture.aws.requests.at(-1)?.body).toMatchObject({ KeyId: KEY_ID, Marker: 'more' })
  })

  it('lists the current version of a key that was never rotated, and of which AWS lists none', async () => {
    answer('ListKeyRotations', { Rotations: [] })
    expect(await admin((it) => it.listKekVersions('payments'))).toEqual([{ version: 'a'.repeat(64), state: 'enabled' }])
  })

  it('ends with the signal of a call, and names the permission that a denied principal lacks', async () => {
    const reason = new Error('enough')
    await expect(admin((it) => it.disableKek('payments', { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
    expect(fixture.aws.requests).toEqual([])
    fixture.aws.faults = [{ on: 'DisableKey', type: 'AccessDeniedException' }]
    await expect(admin((it) => it.disableKek('payments'))).rejects.toMatchObject({
      code: 'KMS_ACCESS_DENIED',
      permission: 'kms:DisableKey',
    })
  })

  it('points an alias elsewhere, and makes it when there is none', async () => {
    answer('UpdateAlias', {})
    await admin((it) => it.setAlias('payments', KEY_ID))
    expect(fixture.operations()).toEqual(['DescribeKey', 'UpdateAlias'])
    fixture.aws.faults = [{ on: 'UpdateAlias', type: 'NotFoundException' }]
    answer('CreateAlias', {})
    await admin((it) => it.setAlias('alias/new', KEY_ID))
    expect(fixture.aws.requests.at(-1)).toMatchObject({
      operation: 'CreateAlias',
      body: { AliasName: 'alias/new', TargetKeyId: KEY_ID },
    })
    fixture.aws.faults = [{ on: 'UpdateAlias', type: 'AccessDeniedException' }]
    await expect(admin((it) => it.setAlias('payments', KEY_ID))).rejects.toMatchObject({ code: 'KMS_ACCESS_DENIED' })
  })

  it('tells an unknown alias from one that it may not delete', async () => {
    fixture.aws.faults = [{ on: 'DeleteAlias', type: 'NotFoundException' }]
    await expect(admin((it) => it.deleteAlias('missing'))).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })
    fixture.aws.faults = [{ on: 'DeleteAlias', type: 'AccessDeniedException' }]
    await expect(admin((it) => it.deleteAlias('payments'))).rejects.toMatchObject({ code: 'KMS_ACCESS_DENIED' })
  })

  it('copies a key to another region and gives its ARN there', async () => {
    answer('ReplicateKey', {
      ReplicaKeyMetadata: { KeyId: KEY_ID, Arn: `arn:aws:kms:eu-west-1:111122223333:key/${KEY_ID}` },
    })
    expect(await admin((it) => it.replicateKek('payments', 'eu-west-1'))).toContain(':eu-west-1:')
    await expect(admin((it) => it.replicateKek('payments', 'us-east-1'))).rejects.toMatchObject({
      code: 'KMS_INVALID_RESPONSE',
    })
  })

  it.each(['MalformedPolicyDocumentException', 'TagException', 'ValidationException'])(
    'calls it a wrong configuration when AWS answers %s',
    async (type) => {
      fixture.aws.faults = [{ on: 'CreateKey', type }]
      await expect(admin((it) => it.createKek('orders'))).rejects.toMatchObject({ code: 'KMS_CONFIG' })
    },
  )

  it('checks its configuration', async () => {
    await expect(createAwsKmsAdmin({ region: 'x' })).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'region' })
  })
})
