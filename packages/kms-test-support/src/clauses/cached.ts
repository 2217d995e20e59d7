import { Buffer } from 'node:buffer'

import { cachingKms } from '@keyfold/kms-api/resilience'

import { expectEqual, expectThat } from '../assertions/expect.ts'
import type { Clause } from '../clause/clause.ts'
import { opensZeros, sealZeros } from '../deks/sealed-zeros.ts'

/** The provider behind the cache that record encryption puts in front of it. */
export const cached: readonly Clause[] = [
  {
    id: 'C48',
    title: 'behind the cache every generated DEK still has one owner; otherwise caching repeats IVs under one key',
    async run(context) {
      const kms = cachingKms(await context.connect())
      const { kek } = await context.newKek(kms)
      const pairs = await Promise.all(Array.from({ length: 8 }, () => context.generate(kms, kek)))
      const sealed = new Set(pairs.map(({ dek }) => Buffer.from(sealZeros(dek)).toString('hex')))
      expectEqual(sealed.size, pairs.length, 'different DEKs of 8 concurrent calls behind the cache')
    },
  },
  {
    id: 'C49',
    title:
      'behind the cache a DEK is asked for once and leased to each; otherwise every record is a request, or one reader ends the others',
    async run(context) {
      const kms = cachingKms(await context.connect())
      const { kek } = await context.newKek(kms)
      const pair = await context.generate(kms, kek)
      const sealed = sealZeros(pair.dek)
      const before = context.facade.requests()
      const handles = await Promise.all(Array.from({ length: 20 }, () => context.decrypt(kms, kek, pair.edek)))
      const sent = context.facade.requests() - before
      expectThat(
        sent <= 1,
        `20 concurrent calls with one EDEK expected at most 1 request behind the cache, got ${sent}`,
      )
      handles[0]?.destroy()
      for (const handle of handles.slice(1))
        expectThat(opensZeros(handle, sealed), 'a leased handle expected to work after another was destroyed')
    },
  },
]
