import { afterAll, describe, expect, inject, it } from 'vitest'

import type { Kms } from '@keyfold/kms-api'
import { titleOf } from '@keyfold/servers/testing'

import { createAwsKmsAdmin, type AwsKmsAdmin } from '../src/admin/index.ts'
import type { AwsKmsConfig } from '../src/config-schema.ts'
import { decodeEdek } from '../src/edek.ts'
import provider from '../src/kms-provider.ts'

const localstack = inject('localstack')
const OWN = '000000000000'
const OTHER = '222222222222'
const FIRST = 'us-east-1'
const SECOND = 'eu-west-1'

function config(region: string, more: Partial<AwsKmsConfig> = {}): AwsKmsConfig {
  const credentials = { method: 'static', accessKeyId: { value: 'test' }, secretAccessKey: { value: 'test' } } as const
  return { region, account: OWN, endpoint: localstack.url ?? '', credentials, timeouts: { requestMs: 30_000 }, ...more }
}

describe.skipIf(localstack.missing !== undefined)(
  titleOf('keys of several regions and accounts on LocalStack', localstack),
  () => {
    const open: { close(): Promise<void> }[] = []

    async function connect(of: AwsKmsConfig): Promise<Kms> {
      const kms = await provider.create(of, { baseDirectory: '.' })
      open.push(kms)
      return kms
    }

    async function administrate(of: AwsKmsConfig): Promise<AwsKmsAdmin> {
      const admin = await createAwsKmsAdmin(of)
      open.push(admin)
      return admin
    }

    afterAll(async () => {
      for (const each of open) await each.close()
    })

    it('an EDEK that was made under a multi-region key opens in the region of its replica, by the same key id', async () => {
      const admin = await administrate(config(FIRST))
      const made = await admin.createKek('global-orders', { multiRegion: true })
      const { arn } = await admin.describeKek(made.id)
      expect(made.id).toMatch(/^mrk-[0-9a-f]{32}$/)
      const replica = await admin.replicateKek('global-orders', SECOND)
      expect(replica).toBe(arn.replace(FIRST, SECOND))

      const first = await connect(config(FIRST))
      const kek = await first.resolveKek('global-orders')
      expect(kek.id).toBe(made.id)
      const { dek, edek } = await first.generateDekPair(kek, { encryptionContext: { topic: 'orders' } })
      const slab = new Uint8Array(12 + 5 + 16)
      slab.set([1, 2, 3, 4, 5], 12)
      dek.claim('records')
      dek.sealRegions(slab, Uint32Array.of(0, 12, 5, 17), 1)
      dek.destroy()

      const second = await connect(config(SECOND, { regions: [FIRST] }))
      expect(second.kekOf(edek).id).toBe(made.id)
      for (const selector of [made.id, replica, arn]) {
        const there = await second.resolveKek(selector)
        expect(there.id).toBe(made.id)
        const again = await second.decryptEdek(there, edek, { encryptionContext: { topic: 'orders' } })
        const copy = slab.slice()
        again.claim('records')
        expect(again.openRegions(copy, Uint32Array.of(0, 12, 5, 17), 1, new Uint8Array(1))).toBe(0)
        expect([...copy.subarray(12, 17)]).toEqual([1, 2, 3, 4, 5])
        again.destroy()
      }
    })

    it('an EDEK of the replica opens in the first region', async () => {
      const second = await connect(config(SECOND))
      const {
        kek: { id },
      } = await (await administrate(config(FIRST))).describeKek('global-orders')
      const { dek, edek } = await second.generateDekPair(await second.resolveKek(id))
      dek.destroy()
      const first = await connect(config(FIRST))
      ;(await first.decryptEdek(await first.resolveKek('global-orders'), edek)).destroy()
    })

    it('a key of one region is not known in another', async () => {
      await (await administrate(config(FIRST))).createKek('local-orders')
      await expect((await connect(config(SECOND))).resolveKek('local-orders')).rejects.toMatchObject({
        code: 'KMS_UNKNOWN_ALIAS',
      })
    })

    it('a key of another account keeps its ARN in the EDEK, and opens for both accounts', async () => {
      // LocalStack takes 12 digits as an access key for the account of that number. It does not ask who may use a key of whom.
      const theirs = { method: 'static', accessKeyId: { value: OTHER }, secretAccessKey: { value: 'test' } } as const
      const admin = await administrate(config(FIRST, { account: OTHER, credentials: theirs }))
      const { id } = await admin.createKek('their-orders')
      const { arn } = await admin.describeKek(id)
      expect(arn).toContain(`:${OTHER}:`)

      const ours = await connect(config(FIRST, { trustedAccounts: [OTHER] }))
      const kek = await ours.resolveKek(arn)
      expect(kek.id).toBe(arn)
      const { dek, edek } = await ours.generateDekPair(kek)
      dek.destroy()
      expect(decodeEdek(edek)?.keyId).toBe(arn)
      expect(ours.kekOf(edek).id).toBe(arn)
      ;(await ours.decryptEdek(kek, edek)).destroy()

      const elsewhere = await connect(config(FIRST))
      expect(() => elsewhere.kekOf(edek)).toThrow(expect.objectContaining({ code: 'KMS_INVALID_EDEK' }))

      const owner = await connect(config(FIRST, { account: OTHER, credentials: theirs }))
      expect((await owner.resolveKek(arn)).id).toBe(id)
    })
  },
)
