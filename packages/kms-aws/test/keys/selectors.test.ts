import { describe, expect, it } from 'vitest'

import { ACCOUNT, KEY_ID } from '../support/fake-aws.ts'
import { withFake } from '../support/with-fake.ts'

const TRUSTED = '444455556666'
const MRK = 'mrk-1234abcd12ab34cd56ef1234567890ab'
const fixture = withFake()

describe('what names a KEK', () => {
  it.each([
    ['payments', 'alias/payments'],
    ['alias/payments', 'alias/payments'],
    [KEY_ID, KEY_ID],
    [`arn:aws:kms:eu-central-1:${ACCOUNT}:key/${KEY_ID}`, KEY_ID],
    [`arn:aws:kms:eu-central-1:${ACCOUNT}:alias/payments`, `arn:aws:kms:eu-central-1:${ACCOUNT}:alias/payments`],
  ])('%s is asked for as %s and leads to the key id', async (selector, asked) => {
    const kms = await fixture.connect()
    expect(await kms.resolveKek(selector)).toEqual({
      provider: 'aws',
      id: KEY_ID,
      wrapping: 'authenticated',
      version: 'a'.repeat(64),
    })
    expect(fixture.aws.requests.map(({ body }) => body['KeyId'])).toEqual([asked])
  })

  it.each([
    ['payments.eu', '"."'],
    ['KEK-payments.eu', '"."'],
    ['alias/payments.eu', '"."'],
    ['pay ments', '" "'],
    ['pay:ments', '":"'],
    ['päyments', '"ä"'],
    ['pay\nments', '"\\n"'],
    ['\u{1f511}', '"\u{1f511}"'],
  ])('%j is refused without a request, with an error that names the character', async (selector, character) => {
    const kms = await fixture.connect()
    await expect(kms.resolveKek(selector)).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'kekSelector',
      retryable: false,
      message: expect.stringContaining(`which is all that an AWS alias can hold, got ${character} in `) as string,
    })
    expect(fixture.aws.requests).toEqual([])
  })

  it.each([
    ['alias/', 'a name behind "alias/"'],
    ['k'.repeat(251), 'at most 256 characters'],
    ['arn:aws:kms:x', 'the ARN of a key or an alias'],
    [`arn:aws:kms:eu-central-1:${ACCOUNT}:key/not-a-key`, 'the ARN of a key or an alias'],
    [`arn:aws:s3:eu-central-1:${ACCOUNT}:key/${KEY_ID}`, 'the ARN of a key or an alias'],
    [`arn:aws:kms:eu-central-1:999999999999:key/${KEY_ID}`, 'a listed partition, region and account'],
    [`arn:aws:kms:us-east-1:${ACCOUNT}:key/${KEY_ID}`, 'a listed partition, region and account'],
    [`arn:aws-cn:kms:eu-central-1:${ACCOUNT}:key/${KEY_ID}`, 'a listed partition, region and account'],
    [`arn:aws:kms:eu-west-1:${ACCOUNT}:alias/payments`, "an alias of the client's region eu-central-1"],
    [`arn:aws:kms:eu-west-1:${TRUSTED}:key/${KEY_ID}`, "a multi-region key or one of the client's region"],
    [`arn:aws:kms:eu-central-1:${ACCOUNT}:alias/a.b`, 'which is all that an AWS alias can hold'],
  ])('%s is refused without a request', async (selector, expected) => {
    const kms = await fixture.connect({ regions: ['eu-west-1'], trustedAccounts: [TRUSTED] })
    await expect(kms.resolveKek(selector)).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      message: expect.stringContaining(expected) as string,
    })
    expect(fixture.aws.requests).toEqual([])
  })

  it('an ARN needs to know the own account', async () => {
    const kms = await fixture.connect({ account: undefined })
    await expect(kms.resolveKek(`arn:aws:kms:eu-central-1:${ACCOUNT}:key/${KEY_ID}`)).rejects.toMatchObject({
      code: 'KMS_CONFIG',
      path: 'account',
    })
    expect((await kms.resolveKek('payments')).id).toBe(KEY_ID)
  })

  it('a key of another account keeps its ARN, in the reference and in the EDEK', async () => {
    fixture.aws.account = TRUSTED
    const kms = await fixture.connect({ trustedAccounts: [TRUSTED] })
    const arn = `arn:aws:kms:eu-central-1:${TRUSTED}:key/${KEY_ID}`
    const kek = await kms.resolveKek(arn)
    expect(kek.id).toBe(arn)
    expect((await kms.resolveKek(`arn:aws:kms:eu-central-1:${TRUSTED}:alias/payments`)).id).toBe(arn)
    const { dek, edek } = await kms.generateDekPair(kek)
    dek.destroy()
    expect(kms.kekOf(edek).id).toBe(arn)
    ;(await kms.decryptEdek(kek, edek)).destroy()
    expect(fixture.aws.requests.at(-1)?.body['KeyId']).toBe(arn)
  })

  it('a multi-region key of another account is the same KEK, whichever listed region its ARN names', async () => {
    fixture.aws.account = TRUSTED
    fixture.aws.addKey(MRK)
    const kms = await fixture.connect({ trustedAccounts: [TRUSTED], regions: ['eu-west-1'] })
    const kek = await kms.resolveKek(`arn:aws:kms:eu-west-1:${TRUSTED}:key/${MRK}`)
    expect(kek.id).toBe(`arn:aws:kms:eu-west-1:${TRUSTED}:key/${MRK}`)
    expect(fixture.aws.requests.at(-1)?.body['KeyId']).toBe(`arn:aws:kms:eu-central-1:${TRUSTED}:key/${MRK}`)
    ;(await kms.generateDekPair(kek)).dek.destroy()
  })

  it('an answer of another account than the configured one is no answer', async () => {
    fixture.aws.account = '999999999999'
    const kms = await fixture.connect()
    for (const selector of ['payments', KEY_ID])
      await expect(kms.resolveKek(selector)).rejects.toMatchObject({ code: 'KMS_INVALID_RESPONSE' })
  })
})
