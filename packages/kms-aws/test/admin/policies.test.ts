import { describe, expect, it } from 'vitest'

import { adminPolicy, consumerPolicy, producerPolicy } from '../../src/admin/policies.ts'

const config = { region: 'eu-central-1', account: '111122223333' }
const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab'

interface Statement {
  readonly Sid: string
  readonly Action: string | readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Record<string, Record<string, unknown>>
}

function statements(text: string): readonly Statement[] {
  const policy = JSON.parse(text) as { Version: string; Statement: readonly Statement[] }
  expect(policy.Version).toBe('2012-10-17')
  return policy.Statement
}

describe('a policy', () => {
  it('of a producer lets it resolve KEKs and generate DEKs, by alias, and nothing else', () => {
    expect(statements(producerPolicy({ config, aliases: ['KEK-*'] }))).toEqual([
      {
        Sid: 'KeyfoldResolveAliases',
        Effect: 'Allow',
        Action: 'kms:DescribeKey',
        Resource: ['arn:aws:kms:eu-central-1:111122223333:key/*'],
        Condition: { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': ['alias/KEK-*'] } },
      },
      {
        Sid: 'KeyfoldGenerateAliases',
        Effect: 'Allow',
        Action: 'kms:GenerateDataKey',
        Resource: ['arn:aws:kms:eu-central-1:111122223333:key/*'],
        Condition: { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': ['alias/KEK-*'] } },
      },
    ])
  })

  it('of a consumer lets it resolve KEKs and decrypt DEKs', () => {
    const actions = statements(consumerPolicy({ config, aliases: ['alias/KEK-*'] })).map(({ Action }) => Action)
    expect(actions).toEqual(['kms:DescribeKey', 'kms:Decrypt'])
  })

  it('of an administrator lets it create, rotate and delete, and use none', () => {
    const all = statements(adminPolicy({ config, aliases: ['KEK-*'] }))
    const actions = all.flatMap(({ Action }) => Action)
    for (const action of ['kms:CreateKey', 'kms:CreateAlias', 'kms:RotateKeyOnDemand', 'kms:ScheduleKeyDeletion'])
      expect(actions).toContain(action)
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt', 'kms:*'])
      expect(actions).not.toContain(action)
    const [, administer, , point] = all
    expect(administer?.Condition).toEqual({ 'ForAnyValue:StringLike': { 'kms:ResourceAliases': ['alias/KEK-*'] } })
    expect(point?.Resource).toEqual([
      'arn:aws:kms:eu-central-1:111122223333:alias/KEK-*',
      'arn:aws:kms:eu-central-1:111122223333:key/*',
    ])
  })

  it('names keys in every region that the configuration lists', () => {
    const [resolve] = statements(
      consumerPolicy({
        config: { ...config, regions: ['eu-west-1'] },
        keks: [UUID, `arn:aws:kms:eu-central-1:444455556666:key/${UUID}`],
      }),
    )
    expect(resolve?.Resource).toEqual([
      `arn:aws:kms:eu-central-1:111122223333:key/${UUID}`,
      `arn:aws:kms:eu-west-1:111122223333:key/${UUID}`,
      `arn:aws:kms:eu-central-1:444455556666:key/${UUID}`,
    ])
    expect(resolve?.Condition).toBeUndefined()
  })

  it('asks for an encryption context where there is one, which DescribeKey never has', () => {
    const [resolve, generate] = statements(
      producerPolicy({ config, aliases: ['KEK-*'], encryptionContext: { topic: 'payments.*' } }),
    )
    expect(JSON.stringify(resolve)).not.toContain('EncryptionContext')
    expect(generate?.Condition?.['StringLike']).toEqual({ 'kms:EncryptionContext:topic': 'payments.*' })
  })

  it('knows the partition of a region', () => {
    const [first] = statements(producerPolicy({ config: { ...config, region: 'cn-north-1' }, aliases: ['a'] }))
    expect(first?.Resource).toEqual(['arn:aws-cn:kms:cn-north-1:111122223333:key/*'])
  })

  it.each([
    ['aliases', { config }],
    ['region', { config: { account: '111122223333' }, aliases: ['a'] }],
    ['account', { config: { region: 'eu-central-1' }, aliases: ['a'] }],
    ['keks', { config, keks: ['payments'] }],
    ['keks', { config, keks: [`arn:aws:kms:eu-central-1:111122223333:alias/a`] }],
  ])('without what it has to name is refused: %s', (path, options) => {
    expect(() => producerPolicy(options)).toThrow(expect.objectContaining({ code: 'KMS_CONFIG', path }))
  })
})
