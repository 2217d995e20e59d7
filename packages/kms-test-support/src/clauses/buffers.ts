import { Buffer } from 'node:buffer'

import { expectEqual, expectThat, sameBytes } from '../assertions/expect.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

/** The ownership of bytes. */
export const buffers: readonly Clause[] = [
  {
    id: 'C50',
    title:
      'arguments that the caller changes after the call have no effect; otherwise a reused buffer decrypts another record',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const edek = pair.edek.slice()
      const reference = { ...kek }
      const decrypting = context.decrypt(kms, reference, edek)
      edek.fill(0)
      Object.assign(reference, { id: 'changed', provider: 'changed' })
      expectThat(opensZeros(await decrypting, sealed), 'decryptEdek expected the EDEK as it was when it was called')
      const named = { ...kek }
      const generating = context.generate(kms, named)
      Object.assign(named, { id: 'changed', provider: 'changed' })
      const { edek: generated } = await generating
      expectEqual(kms.kekOf(generated).id, kek.id, 'kek.id of an EDEK whose reference was changed after the call')
    },
  },
  {
    id: 'C51',
    title: 'arguments are not changed; otherwise a record that is forwarded is not the one that came',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const edek = pair.edek.slice()
      const [reference, options] = [Object.freeze({ ...kek }), Object.freeze({ correlationId: 'kf' })]
      await context.decrypt(kms, reference, edek, options)
      kms.kekOf(edek)
      await context.generate(kms, reference, options)
      expectThat(sameBytes(edek, pair.edek), 'the EDEK that was passed expected to be unchanged')
      expectEqual(reference, { ...kek }, 'the reference that was passed')
    },
  },
  {
    id: 'C52',
    title: 'a returned EDEK belongs to its receiver; otherwise writing into one record changes another',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const kept = pair.edek.slice()
      const second = await context.generate(kms, kek)
      const keptSecond = second.edek.slice()
      pair.edek.fill(0)
      expectThat(sameBytes(second.edek, keptSecond), 'an EDEK expected to keep its bytes when another is overwritten')
      expectThat(
        opensZeros(await context.decrypt(kms, kek, kept), sealed),
        'decryptEdek expected to know nothing of what became of the first EDEK',
      )
      const third = await context.generate(kms, kek)
      expectThat(
        third.edek.some((byte) => byte !== 0),
        'a new EDEK expected to be none of the old ones',
      )
    },
  },
  {
    id: 'C53',
    title: 'an EDEK inside of a larger buffer works, Buffer or not; otherwise records as Kafka clients give them fail',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const large = new Uint8Array(pair.edek.length + 100).fill(0xa5)
      large.set(pair.edek, 37)
      const view = large.subarray(37, 37 + pair.edek.length)
      expectEqual(kms.kekOf(view).id, kek.id, 'kek.id of an EDEK inside of a larger buffer')
      expectThat(
        opensZeros(await context.decrypt(kms, kek, view), sealed),
        'decryptEdek of a view expected the same DEK',
      )
      expectThat(
        opensZeros(await context.decrypt(kms, kek, Buffer.from(pair.edek)), sealed),
        'decryptEdek of a Buffer expected the same DEK',
      )
      expectThat(
        large.subarray(0, 37).every((byte) => byte === 0xa5) && large.subarray(-63).every((byte) => byte === 0xa5),
        'the bytes around an EDEK expected to be unchanged',
      )
    },
  },
]
