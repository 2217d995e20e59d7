import { Buffer } from 'node:buffer'

import { isVersionRejection } from '@keyfold/kms-api'

import { expectKmsError } from '../assertions/expect-failure.ts'
import { expectThat } from '../assertions/expect.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

/** What the contract of the Java proxy asks of every KMS, too. */
export const essentials: readonly Clause[] = [
  {
    id: 'C01',
    title: 'an existing KEK resolves by the name that users write; otherwise nothing can be encrypted',
    async run(context) {
      const kms = await context.connect()
      const { kek } = await context.newKek(kms)
      expectThat(typeof kek.id === 'string' && kek.id !== '', '"kek.id" expected a non-empty string')
    },
  },
  {
    id: 'C02',
    title: 'an unknown KEK is KMS_UNKNOWN_ALIAS, not retryable; otherwise a typing error looks like an outage',
    async run(context) {
      const kms = await context.connect()
      const error = await expectKmsError(
        () => kms.resolveKek(context.newName()),
        ['KMS_UNKNOWN_ALIAS'],
        'resolveKek of an unknown name',
      )
      expectThat(!error.retryable, '"retryable" expected false for KMS_UNKNOWN_ALIAS')
    },
  },
  {
    id: 'C03',
    title: 'an EDEK decrypts to the DEK that it was generated with; otherwise records cannot be read again',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const again = await context.decrypt(kms, kek, pair.edek)
      expectThat(opensZeros(again, sealed), 'decryptEdek expected the DEK of generateDekPair, got another')
    },
  },
  {
    id: 'C04',
    title: 'generating with a deleted KEK is KMS_UNKNOWN_KEY; otherwise new records are written that nobody can read',
    needs: ['delete', 'delete-at-once'],
    async run(context) {
      const error = await generateWithDeleted(context, 'KMS_UNKNOWN_KEY')
      expectThat(!error.retryable, '"retryable" expected false for KMS_UNKNOWN_KEY')
    },
    async cannot(context) {
      if (context.facade.manifest.cannot.delete === undefined) await generateWithDeleted(context, 'KMS_KEY_UNAVAILABLE')
      else await worksWithDeleted(context)
    },
  },
  {
    id: 'C05',
    title: 'an EDEK from before a rotation still decrypts; otherwise a rotation loses all older records',
    needs: ['rotation'],
    async run(context) {
      const { kms, test, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      await context.facade.kekManager.rotate(test)
      const again = await context.decrypt(kms, kek, pair.edek)
      expectThat(opensZeros(again, sealed), 'decryptEdek after a rotation expected the DEK of before, got another')
    },
    async cannot(context) {
      const { test, kek, kms } = await context.newPair()
      await context.facade.kekManager.rotate(test).catch(() => undefined)
      const after = await kms.resolveKek(test.selectors[0])
      expectThat(
        after.id === kek.id && after.version === kek.version,
        'the manifest declares that the KMS cannot rotate, and it did',
      )
    },
  },
  {
    id: 'C06',
    title: 'an EDEK of a deleted KEK is KMS_UNKNOWN_KEY; otherwise consumers retry for ever what is gone',
    needs: ['delete', 'delete-at-once'],
    async run(context) {
      await decryptWithDeleted(context, 'KMS_UNKNOWN_KEY')
    },
    async cannot(context) {
      if (context.facade.manifest.cannot.delete === undefined) await decryptWithDeleted(context, 'KMS_KEY_UNAVAILABLE')
      else await worksWithDeleted(context)
    },
  },
  {
    id: 'C07',
    title: 'an EDEK that was stored decrypts with another client; otherwise only the writing process can read',
    async run(context) {
      const { kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const stored = JSON.stringify({ kek, edek: Buffer.from(pair.edek).toString('base64') })
      const read = JSON.parse(stored) as { readonly kek: typeof kek; readonly edek: string }
      const other = await context.connect()
      const dek = await context.decrypt(other, read.kek, new Uint8Array(Buffer.from(read.edek, 'base64')))
      expectThat(opensZeros(dek, sealed), 'decryptEdek by another client expected the same DEK, got another')
    },
  },
]

async function generateWithDeleted(context: ClauseContext, code: 'KMS_UNKNOWN_KEY' | 'KMS_KEY_UNAVAILABLE') {
  const { kms, test, kek } = await context.newPair()
  await context.facade.kekManager.delete(test)
  return await expectKmsError(() => kms.generateDekPair(kek), [code], 'generateDekPair with a deleted KEK')
}

async function decryptWithDeleted(
  context: ClauseContext,
  code: 'KMS_UNKNOWN_KEY' | 'KMS_KEY_UNAVAILABLE',
): Promise<void> {
  const { kms, test, kek, edek } = await context.newPair()
  await context.facade.kekManager.delete(test)
  const codes = [code, 'KMS_KEY_UNAVAILABLE'] as const
  const error = await expectKmsError(() => kms.decryptEdek(kek, edek), codes, 'decryptEdek of a deleted KEK')
  // Where an EDEK names a version, a KMS that does not have it says nothing about the KEK.
  expectThat(
    error.code === code || isVersionRejection(error),
    `decryptEdek of a deleted KEK expected ${code}, or a rejection of the version that the EDEK names`,
    error,
  )
}

/** A KMS that does not enforce a deletion goes on with the KEK. */
async function worksWithDeleted(context: ClauseContext): Promise<void> {
  const { kms, test, kek, pair } = await context.newPair()
  const sealed = sealZeros(pair.dek)
  await context.facade.kekManager.delete(test)
  await context.generate(kms, kek)
  expectThat(
    opensZeros(await context.decrypt(kms, kek, pair.edek), sealed),
    'the manifest declares that the KMS does not enforce a deletion, and it did',
  )
}
