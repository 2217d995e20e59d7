import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { encodeEdek } from '../../src/edek.ts'
import { Boundary } from '../../src/keys/boundary.ts'
import { partitionOf } from '../../src/keys/partition-of.ts'
import { withFake } from '../support/with-fake.ts'

const UUID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const MRK = 'mrk-1234abcd12ab34cd56ef1234567890ab'
const OWN = '111122223333'
const TRUSTED = '444455556666'
const arn = (account: string, key: string, region = 'eu-central-1', partition = 'aws') =>
  `arn:${partition}:kms:${region}:${account}:key/${key}`

/** What an EDEK may name as its key, with the verdict of `kekOf`. */
const TABLE: readonly (readonly [string, boolean, string])[] = [
  [UUID, true, 'a key id'],
  [MRK, true, 'a multi-region key id'],
  [arn(TRUSTED, UUID), true, 'a key of a trusted account'],
  [arn(TRUSTED, MRK), true, 'a multi-region key of a trusted account'],
  [arn(TRUSTED, UUID, 'eu-west-1'), true, 'a listed region'],
  [arn(OWN, UUID), false, 'the own account has the bare id as its one form'],
  [arn(OWN, MRK), false, 'the own account has the bare id as its one form'],
  [arn('999999999999', UUID), false, 'an account that is not listed'],
  [arn(TRUSTED, UUID, 'us-east-1'), false, 'a region that is not listed'],
  [arn(TRUSTED, UUID, 'eu-central-1', 'aws-cn'), false, 'a partition that is not listed'],
  [arn(TRUSTED, UUID).replace(':key/', ':alias/'), false, 'an alias ARN'],
  [arn(TRUSTED, 'payments').replace(':key/', ':alias/'), false, 'an alias ARN'],
  ['alias/payments', false, 'an alias'],
  ['payments', false, 'a name'],
  [UUID.toUpperCase(), false, 'upper case'],
  [`${UUID} `, false, 'a blank behind'],
  [` ${UUID}`, false, 'a blank before'],
  [`${UUID}\n`, false, 'a newline behind'],
  [UUID.replaceAll('-', ''), false, 'no dashes'],
  [`{${UUID}}`, false, 'braces'],
  [UUID.slice(0, -1), false, 'a digit less'],
  [`${UUID}0`, false, 'a digit more'],
  [UUID.replace('a', 'g'), false, 'no hexadecimal digit'],
  [UUID.replace('1', '\u0661'), false, 'a digit of another script'],
  [MRK.toUpperCase(), false, 'upper case'],
  [`mrk-${UUID}`, false, 'a multi-region id with dashes'],
  [MRK.slice(0, -1), false, 'a digit less'],
  [`${MRK}0`, false, 'a digit more'],
  [arn(TRUSTED, UUID.toUpperCase()), false, 'upper case in an ARN'],
  [arn(TRUSTED, `${UUID}/x`), false, 'a path behind the id'],
  [arn(TRUSTED, `../${UUID}`), false, 'a path before the id'],
  [`${arn(TRUSTED, UUID)}\n`, false, 'a newline behind an ARN'],
  [arn(TRUSTED, UUID).replace(':kms:', ':s3:'), false, 'another service'],
  [arn(TRUSTED, UUID).replace('arn:', 'ARN:'), false, 'another scheme'],
  [arn('44445555666', UUID), false, 'an account of 11 digits'],
  [arn('', UUID), false, 'no account'],
  [arn(TRUSTED, UUID, ''), false, 'no region'],
  [arn(TRUSTED, UUID, 'eu-central-1@evil.example'), false, 'a region that is a host'],
  [arn(TRUSTED, UUID, '*'), false, 'a wildcard'],
  ['../../etc/passwd', false, 'a path'],
  ['http://127.0.0.1/x', false, 'a URL'],
  ['\0', false, 'a NUL'],
  ['__proto__', false, 'a name that every object has'],
  ['k'.repeat(10_000), false, 'a long name'],
]

const fixture = withFake()

describe('which KEK an EDEK may name', () => {
  it.each(TABLE)('%j: %s, %s', async (keyId, accepted) => {
    const kms = await fixture.connect({ trustedAccounts: [TRUSTED], regions: ['eu-west-1'] })
    const edek = encodeEdek({ bound: false, keyId, blob: Uint8Array.of(1, 2, 3) })
    const read = (): string => kms.kekOf(edek).id
    if (accepted) expect(read()).toBe(keyId)
    else expect(read).toThrow(expect.objectContaining({ code: 'KMS_INVALID_EDEK', message: 'the EDEK is not valid' }))
    const error: unknown = await kms
      .decryptEdek({ provider: 'aws', id: keyId, wrapping: 'authenticated' }, edek)
      .catch((thrown: unknown) => thrown)
    if (!accepted) expect(error).toMatchObject({ code: 'KMS_INVALID_EDEK' })
    expect(fixture.aws.requests.length).toBe(accepted ? 1 : 0)
  })

  it('has no ARN without an account of its own: it could not be told from a foreign one', () => {
    const boundary = new Boundary({ region: 'eu-central-1' })
    expect(boundary.contains(arn(OWN, UUID))).toBe(false)
    expect(boundary.contains(UUID)).toBe(true)
  })

  it('is about the text of the EDEK, not about a prefix of it', () => {
    const boundary = new Boundary({ region: 'eu-central-1' })
    for (let length = 0; length < UUID.length; length++) expect(boundary.contains(UUID.slice(0, length))).toBe(false)
    for (const byte of Buffer.from(UUID).keys()) {
      const changed = Buffer.from(UUID)
      changed[byte] = changed[byte]! ^ 0x80
      expect(boundary.contains(changed.toString('latin1'))).toBe(false)
    }
  })
})

describe('where requests go', () => {
  it("asks for a multi-region key of another account by the ARN of the client's own region", () => {
    const boundary = new Boundary({
      region: 'eu-west-1',
      account: OWN,
      trustedAccounts: [TRUSTED],
      regions: ['eu-central-1'],
    })
    expect(boundary.keyIdOfRequest(arn(TRUSTED, MRK))).toBe(arn(TRUSTED, MRK, 'eu-west-1'))
    expect(boundary.keyIdOfRequest(arn(TRUSTED, UUID))).toBe(arn(TRUSTED, UUID))
    expect(boundary.keyIdOfRequest(UUID)).toBe(UUID)
  })

  it('knows the partitions of regions', () => {
    expect(
      ['eu-central-1', 'cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1', 'eusc-de-east-1'].map(
        partitionOf,
      ),
    ).toEqual(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-eusc'])
  })
})
