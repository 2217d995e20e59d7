import { isKmsError, type Edek, type Kek, type Kms, type KmsErrorCode } from '@keyfold/kms-api'

import { checkKmsError, expectKmsError } from '../assertions/expect-failure.ts'
import { expectEqual, expectThat, sameBytes } from '../assertions/expect.ts'
import { inParallel } from '../assertions/in-parallel.ts'
import { outcomeOf } from '../assertions/outcome.ts'
import type { Clause } from '../clause/clause.ts'
import { seededBytes, seededRandom } from '../clause/random.ts'
import { extend, flipBit, insertByte, relabel, removeByte } from './change-edek.ts'

/** Altered bytes may name a KEK, a version or a state that does not exist; they must not unwrap, or look like an outage. */
const REJECTED: readonly KmsErrorCode[] = [
  'KMS_INVALID_EDEK',
  'KMS_KEK_MISMATCH',
  'KMS_UNKNOWN_KEY',
  'KMS_KEY_UNAVAILABLE',
  'KMS_ACCESS_DENIED',
  'KMS_KEY_VERSION_AHEAD',
]
const LIMIT = 16

/** EDEKs are hostile input. */
export const edeks: readonly Clause[] = [
  {
    id: 'C30',
    title:
      'an EDEK of another KEK is KMS_KEK_MISMATCH, without a request; otherwise any key of the account opens any topic',
    async run(context) {
      const { kms, edek } = await context.newPair()
      const other = await context.newKek(kms)
      await context.withoutRequest('decryptEdek of a foreign EDEK', async () => {
        const error = await expectKmsError(
          () => kms.decryptEdek(other.kek, edek),
          ['KMS_KEK_MISMATCH'],
          'decryptEdek of a foreign EDEK',
        )
        expectThat(!error.retryable, '"retryable" expected false for KMS_KEK_MISMATCH')
      })
    },
  },
  {
    id: 'C31',
    title: 'an EDEK with any one bit changed is refused; otherwise somebody else chooses which key opens a record',
    timeoutMs: 180_000,
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      await rejectsAll(
        kms,
        kek,
        Array.from({ length: edek.length * 8 }, (_, bit) => flipBit(edek, bit)),
        'decryptEdek with bit',
        1,
      )
    },
  },
  {
    id: 'C32',
    title: 'an EDEK that was cut is refused at every length; otherwise a short tag is guessed',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      await rejectsAll(
        kms,
        kek,
        Array.from({ length: edek.length }, (_, length) => edek.slice(0, length)),
        'decryptEdek of a cut EDEK of length',
        1,
      )
    },
  },
  {
    id: 'C33',
    title:
      'an EDEK with bytes behind or before it is refused; otherwise one DEK has many EDEKs, and caches and limits are bypassed',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const longer = Array.from({ length: 32 }, (_, by) => extend(edek, by + 1, by % 2 === 0 ? 0 : 0x41))
      const before = [0, 1, 2, 0x80, 0xff].map((value) => insertByte(edek, 0, value))
      await rejectsAll(
        kms,
        kek,
        [...longer, ...before, Uint8Array.of(...edek, ...edek)],
        'decryptEdek of an extended EDEK',
        1,
      )
    },
  },
  {
    id: 'C34',
    title: 'an EDEK with one byte more or less anywhere is refused; otherwise two parsers read two different EDEKs',
    timeoutMs: 120_000,
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const changed = Array.from(edek, (byte, i) => [insertByte(edek, i, byte ^ 0x55), removeByte(edek, i)]).flat()
      await rejectsAll(
        kms,
        kek,
        changed.filter((each) => !sameBytes(each, edek)),
        'decryptEdek of a shifted EDEK',
        2,
      )
    },
  },
  {
    id: 'C35',
    title:
      'an EDEK that is relabelled to another KEK is refused; otherwise records move to a key that more people may use',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const other = await context.newKek(kms)
      const { edek: otherEdek } = await context.generate(kms, other.kek)
      const copies = relabel(edek, kek, other.kek, otherEdek)
      expectThat(copies.length > 0, 'relabelling expected an EDEK that names its KEK')
      await rejectsAll(kms, other.kek, copies, 'decryptEdek of a relabelled EDEK', 1)
    },
  },
  {
    id: 'C36',
    title:
      'an EDEK forged from public data is refused, or the manifest says public-key; otherwise anybody writes records that are trusted',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const { facade } = context
      const forged = await facade.forgeEdek?.(kek, edek)
      if (facade.manifest.wrapping === 'public-key') {
        expectThat(
          forged !== undefined,
          '"facade.forgeEdek" expected a function: the manifest says that EDEKs can be forged',
        )
        await context.decrypt(kms, kek, forged)
        return
      }
      const random = seededRandom(36)
      const guesses = Array.from({ length: 64 }, (_, i) => {
        const tail = 1 + (i % Math.min(48, edek.length - 1))
        return Uint8Array.of(...edek.subarray(0, edek.length - tail), ...seededBytes(random, tail))
      }).filter((guess) => !sameBytes(guess, edek))
      await rejectsAll(
        kms,
        kek,
        forged === undefined ? guesses : [forged, ...guesses],
        'decryptEdek of a forged EDEK',
        1,
      )
    },
  },
  {
    id: 'C37',
    title:
      'bytes that are no EDEK are KMS_INVALID_EDEK without a request; otherwise garbage in a topic becomes load on the KMS',
    async run(context) {
      const { kms, kek } = await context.newPair()
      await context.withoutRequest('decryptEdek of garbage', async () => {
        for (const garbage of [
          new Uint8Array(0),
          new Uint8Array(1),
          new Uint8Array(64),
          new Uint8Array(300).fill(0xff),
          new Uint8Array(40_000),
        ]) {
          await expectKmsError(
            () => kms.decryptEdek(kek, garbage),
            ['KMS_INVALID_EDEK', 'KMS_KEK_MISMATCH'],
            `decryptEdek of ${garbage.length} equal bytes`,
          )
        }
      })
    },
  },
  {
    id: 'C38',
    title: 'all invalid EDEKs get the same message; otherwise the difference is an oracle about what is inside',
    timeoutMs: 120_000,
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const random = seededRandom(38)
      const changed = Array.from({ length: 200 }, () => flipBit(edek, random() % (edek.length * 8)))
      const faces = new Map<string, string>()
      await inParallel([...changed, edek.slice(0, -1), extend(edek, 1, 0), new Uint8Array(0)], LIMIT, async (each) => {
        const outcome = await outcomeOf(() => kms.decryptEdek(kek, each), 'decryptEdek of an altered EDEK')
        if (!isKmsError(outcome.error)) return
        const { code, message, name } = outcome.error
        if (code !== 'KMS_INVALID_EDEK' && code !== 'KMS_KEK_MISMATCH') return
        const face = JSON.stringify([
          name,
          message,
          Object.keys(outcome.error)
            .filter((key) => key !== 'status')
            .sort(),
        ])
        expectEqual(face, faces.get(code) ?? face, `the face of ${code}`)
        faces.set(code, face)
      })
      expectThat(faces.has('KMS_INVALID_EDEK'), 'altered EDEKs expected KMS_INVALID_EDEK among the answers')
    },
  },
  {
    id: 'C39',
    title: 'an EDEK put together of two is refused; otherwise pieces of records that one has seen make new ones',
    async run(context) {
      const { kms, kek, edek } = await context.newPair()
      const { edek: other } = await context.generate(kms, kek)
      const tails = [8, 12, 16, 20, 24, 28].filter((tail) => tail < edek.length && tail < other.length)
      const mixed = tails.map((tail) =>
        Uint8Array.of(...edek.subarray(0, edek.length - tail), ...other.subarray(other.length - tail)),
      )
      await rejectsAll(kms, kek, mixed, 'decryptEdek of a mixed EDEK', 1)
    },
  },
]

async function rejectsAll(kms: Kms, kek: Kek, changed: readonly Edek[], what: string, step: number): Promise<void> {
  await inParallel(changed.entries(), LIMIT, async ([i, edek]) => {
    const name = `${what} ${Math.floor(i / step)}`
    const outcome = await outcomeOf(() => kms.decryptEdek(kek, edek), name)
    if (!outcome.failed) outcome.value.destroy()
    expectThat(outcome.failed, `${name} expected to be refused, got a DEK`)
    const error = checkKmsError(outcome.error, REJECTED, name)
    expectThat(!error.retryable, `"retryable" expected false for ${name}`)
  })
}
