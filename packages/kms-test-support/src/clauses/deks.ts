import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'

import type { Dek } from '@keyfold/kms-api'

import { expectEqual, expectThat, sameBytes } from '../assertions/expect.ts'
import { inParallel } from '../assertions/in-parallel.ts'
import type { ClauseContext } from '../clause/clause-context.ts'
import type { Clause } from '../clause/clause.ts'
import { expectDekError } from '../deks/expect-dek-error.ts'
import { opensZeros, sealZeros, zerosUnder } from '../deks/sealed-zeros.ts'
import { textsOf } from '../secrets/texts-of.ts'

/** The content of DEKs, and what they reveal. */
export const deks: readonly Clause[] = [
  {
    id: 'C40',
    title:
      'a generated DEK encrypts and an unwrapped one only decrypts; otherwise two processes count IVs under one key',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      expectEqual(pair.dek.origin, 'generated', 'origin of a generated DEK')
      sealZeros(pair.dek)
      const dek = await context.decrypt(kms, kek, pair.edek)
      expectEqual(dek.origin, 'unwrapped', 'origin of an unwrapped DEK')
      expectDekError(() => sealZeros(dek), 'DEK_DECRYPT_ONLY', 'sealing with an unwrapped DEK')
    },
  },
  {
    id: 'C41',
    title:
      'an EDEK holds exactly 32 bytes, and they are the DEK; otherwise the Java reader cannot open the records, or the key is short',
    needs: ['reveal'],
    async run(context) {
      const { pair } = await context.newPair()
      const key = await reveal(context, pair.edek)
      expectEqual(key.length, 32, 'bytes inside of an EDEK')
      expectThat(
        sameBytes(sealZeros(pair.dek), zerosUnder(key)),
        'the DEK expected to be AES-256-GCM under the bytes inside of its EDEK',
      )
    },
    async cannot(context) {
      expectThat(
        context.facade.revealDek === undefined,
        'the manifest declares that EDEKs cannot be revealed, and "facade.revealDek" can',
      )
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      expectThat(opensZeros(await context.decrypt(kms, kek, pair.edek), sealed), 'decryptEdek expected the same DEK')
    },
  },
  {
    id: 'C42',
    title: 'every byte of a DEK is random; otherwise a key of 256 bits is as strong as the few that vary',
    needs: ['reveal'],
    async run(context) {
      const { kms, kek } = await context.newPair()
      const keys: Uint8Array[] = []
      for (let i = 0; i < 48; i++) keys.push(await reveal(context, (await context.generate(kms, kek)).edek))
      for (let at = 0; at < 32; at++) {
        const values = new Set(keys.map((key) => key[at]))
        expectThat(values.size >= 24, `byte ${at} of 48 DEKs expected at least 24 different values, got ${values.size}`)
      }
      for (const key of keys) expectThat(new Set(key).size >= 16, 'a DEK expected at least 16 different bytes')
    },
    async cannot(context) {
      const { kms, kek } = await context.newPair()
      await distinct(context, 200, () => context.generate(kms, kek))
    },
  },
  {
    id: 'C43',
    title: '10,000 DEKs are 10,000 different ones; otherwise two writers encrypt under one key and IV',
    timeoutMs: 300_000,
    async run(context) {
      const { kms, kek } = await context.newPair()
      await distinct(context, 10_000, () => kms.generateDekPair(kek))
    },
  },
  {
    id: 'C44',
    title: 'each generated DEK costs a request and has one owner; otherwise two owners repeat IVs under one key',
    async run(context) {
      const { kms, kek } = await context.newPair()
      const before = context.facade.requests()
      const pairs = await Promise.all(Array.from({ length: 8 }, () => context.generate(kms, kek)))
      const sent = context.facade.requests() - before
      expectThat(sent >= pairs.length, `8 calls of generateDekPair expected at least 8 requests, got ${sent}`)
      const sealed = pairs.map(({ dek }) => Buffer.from(sealZeros(dek)).toString('hex'))
      expectEqual(new Set(sealed).size, pairs.length, 'different DEKs of 8 concurrent calls')
      for (const { dek } of pairs)
        expectDekError(
          () => {
            dek.claim('records')
          },
          'DEK_CLAIMED',
          'claiming a generated DEK again',
        )
    },
  },
  {
    id: 'C45',
    title: 'each call of decryptEdek gives a handle of its own; otherwise one reader that is done stops the others',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const [one, two] = [await context.decrypt(kms, kek, pair.edek), await context.decrypt(kms, kek, pair.edek)]
      expectThat(one !== two, 'two calls of decryptEdek expected two handles, got the same')
      one.destroy()
      expectThat(opensZeros(two, sealed), 'a handle expected to work after another was destroyed')
      pair.dek.destroy()
      expectThat(
        opensZeros(await context.decrypt(kms, kek, pair.edek), sealed),
        'decryptEdek expected to work after every handle was destroyed',
      )
    },
  },
  {
    id: 'C46',
    title: 'a destroyed DEK works no longer, and a lease of it does; otherwise keys live on, or die under their users',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      const sealed = sealZeros(pair.dek)
      const dek = await context.decrypt(kms, kek, pair.edek)
      const lease = dek.lease()
      dek.destroy()
      dek.destroy()
      expectDekError(() => opensZeros(dek, sealed), 'DEK_DESTROYED', 'using a destroyed DEK')
      expectDekError(() => dek.lease(), 'DEK_DESTROYED', 'leasing a destroyed DEK')
      expectThat(opensZeros(lease, sealed), 'a lease expected to work after the first handle was destroyed')
      lease[Symbol.dispose]()
      expectDekError(() => opensZeros(lease, sealed), 'DEK_DESTROYED', 'using a disposed lease')
    },
  },
  {
    id: 'C47',
    title: 'a DEK shows in no log, JSON or copy; otherwise keys stand in log files',
    async run(context) {
      const { kms, kek, pair } = await context.newPair()
      for (const dek of [pair.dek, await context.decrypt(kms, kek, pair.edek)]) {
        for (const text of [...textsOf(dek), inspect(dek, { showHidden: true, customInspect: false })]) {
          expectThat(
            !/[0-9a-f]{2}(?: [0-9a-f]{2}){7}|KeyObject|<Buffer|Uint8Array/.test(text),
            'a DEK expected to print as redacted',
          )
        }
        expectEqual(JSON.stringify(dek), '"Dek(redacted)"', 'JSON of a DEK')
        expectThat(!clones(dek), 'a DEK expected to refuse a structured clone')
      }
    },
  },
]

/** Expects so many pairs to have as many DEKs and EDEKs. */
async function distinct(
  context: ClauseContext,
  count: number,
  generate: () => ReturnType<ClauseContext['generate']>,
): Promise<void> {
  const [keys, wrapped] = [new Set<string>(), new Set<string>()]
  await inParallel(Array(count).keys(), 32, async () => {
    const { dek, edek } = await generate()
    keys.add(Buffer.from(sealZeros(dek)).toString('latin1'))
    wrapped.add(Buffer.from(edek).toString('latin1'))
    dek.destroy()
  })
  expectEqual(keys.size, count, 'different DEKs')
  expectEqual(wrapped.size, count, 'different EDEKs')
  const sent = context.facade.requests()
  expectThat(sent >= count, `${count} generated DEKs expected at least ${count} requests since the start, got ${sent}`)
}

async function reveal(context: ClauseContext, edek: Uint8Array): Promise<Uint8Array> {
  const { facade } = context
  expectThat(
    facade.revealDek !== undefined,
    '"facade.revealDek" expected a function: the manifest does not declare that the KMS cannot',
  )
  return await facade.revealDek(edek)
}

function clones(dek: Dek): boolean {
  try {
    structuredClone(dek)
    return true
  } catch {
    return false
  }
}
