import { expectEqual, expectThat } from '../assertions/expect.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'
import type { Capability } from '../facade/capability.ts'

/** New versions of a KEK. */
export const rotation: readonly Clause[] = [
  {
    id: 'C71',
    title:
      'after a rotation a KEK has the same id and another version; otherwise old records are foreign, or the old key is used on',
    needs: ['rotation', 'stable-id', 'version'],
    async run(context) {
      const { before, after } = await rotated(context)
      expectEqual(after.id, before.id, 'kek.id after a rotation')
      expectThat(
        after.version !== undefined && after.version !== before.version,
        '"kek.version" expected another value after a rotation',
      )
    },
    async cannot(context, lacking) {
      const { before, after } = await rotated(context)
      if (lacking === 'stable-id')
        expectThat(after.id !== before.id, 'the manifest declares that a rotation changes the id, and it did not')
      else
        expectEqual(
          after.version,
          before.version,
          `kek.version after a rotation, with "${lacking}" declared as impossible`,
        )
    },
  },
  {
    id: 'C72',
    title:
      'old and new EDEKs decrypt with a reference from before or after a rotation; otherwise caches of references break reading',
    needs: ['rotation', 'stable-id'],
    async run(context) {
      const { kms, test, kek, pair } = await context.newPair()
      const old = { edek: pair.edek, sealed: sealZeros(pair.dek) }
      await context.facade.kekManager.rotate(test)
      const newer = await kms.resolveKek(test.selectors[0])
      const second = await context.generate(kms, kek)
      const third = await context.generate(kms, newer)
      const all = [
        old,
        { edek: second.edek, sealed: sealZeros(second.dek) },
        { edek: third.edek, sealed: sealZeros(third.dek) },
      ]
      for (const reference of [kek, newer]) {
        for (const { edek, sealed } of all)
          expectThat(
            opensZeros(await context.decrypt(kms, reference, edek), sealed),
            'decryptEdek around a rotation expected the same DEK',
          )
      }
    },
    cannot: opensUnderItsOwn,
  },
  {
    id: 'C73',
    title: 'EDEKs of every version decrypt after three rotations; otherwise records get lost with the second',
    needs: ['rotation'],
    async run(context) {
      const { kms, test } = await context.newPair()
      const made: {
        readonly kek: Awaited<ReturnType<typeof kms.resolveKek>>
        readonly edek: Uint8Array
        readonly sealed: Uint8Array
      }[] = []
      for (let i = 0; i < 4; i++) {
        if (i > 0) await context.facade.kekManager.rotate(test)
        const kek = await kms.resolveKek(test.selectors[0])
        const { dek, edek } = await context.generate(kms, kek)
        made.push({ kek, edek, sealed: sealZeros(dek) })
      }
      for (const [i, { kek, edek, sealed }] of made.entries()) {
        expectThat(
          opensZeros(await context.decrypt(kms, kek, edek), sealed),
          `decryptEdek of version ${i + 1} of 4 expected its DEK`,
        )
      }
    },
    cannot: opensUnderItsOwn,
  },
]

async function rotated(context: ClauseContext) {
  const { kms, test, kek: before } = await context.newPair()
  await rotate(context, test)
  return { before, after: await kms.resolveKek(test.selectors[0]) }
}

/** Whatever a rotation does, what was written before stays readable with the reference that its EDEK names. */
async function opensUnderItsOwn(context: ClauseContext, lacking: Capability): Promise<void> {
  const { kms, test, pair, kek } = await context.newPair()
  const sealed = sealZeros(pair.dek)
  await rotate(context, test)
  const after = await kms.resolveKek(test.selectors[0])
  if (lacking === 'stable-id')
    expectThat(after.id !== kek.id, 'the manifest declares that a rotation changes the id, and it did not')
  expectThat(
    opensZeros(await context.decrypt(kms, kms.kekOf(pair.edek), pair.edek), sealed),
    'decryptEdek with the reference of kekOf expected the same DEK',
  )
}

async function rotate(
  context: ClauseContext,
  test: Parameters<ClauseContext['facade']['kekManager']['rotate']>[0],
): Promise<void> {
  const { kekManager, manifest } = context.facade
  if (manifest.cannot.rotation === undefined) await kekManager.rotate(test)
  else await kekManager.rotate(test).catch(() => undefined)
}
