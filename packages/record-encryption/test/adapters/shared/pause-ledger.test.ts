import { expect, it } from 'vitest'

import { PauseLedger } from '../../../src/adapters/shared/pause-ledger.ts'

it('knows which partitions the application paused, of topics that it paused as a whole too', () => {
  const ledger = new PauseLedger()
  const paused = (): boolean[] => [0, 1].map((partition) => ledger.isPaused('t', partition))
  expect(paused()).toEqual([false, false])
  ledger.paused([{ topic: 't', partitions: [1] }])
  expect(paused()).toEqual([false, true])
  ledger.paused([{ topic: 't' }])
  expect(paused()).toEqual([true, true])
  ledger.resumed([{ topic: 't', partitions: [0] }])
  expect(paused()).toEqual([false, true])
  ledger.paused([{ topic: 't', partitions: [0] }])
  expect(paused()).toEqual([true, true])
  ledger.resumed([{ topic: 't' }, { topic: 'other' }])
  expect(paused()).toEqual([false, false])
  ledger.paused([{ topic: 't' }])
  ledger.clear()
  expect(paused()).toEqual([false, false])
})
