import { describe, expect, it } from 'vitest'

import type { KafkaRecord } from '../../src/index.ts'
import { records, runsOf, setUp, textOf } from './support.ts'

describe('the event loop', () => {
  /** How often other work had its turn while `call` ran. */
  async function turnsDuring(call: () => Promise<unknown>): Promise<number> {
    let turns = 0
    let running = true
    const turn = (): void => {
      turns++
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    await call()
    running = false
    return turns
  }

  it('has its turn after 512 records at most, both ways', async () => {
    const { encryption } = await setUp()
    await encryption.prewarm(['t'])
    const given = records(512 * 20)
    let sealed: readonly KafkaRecord[] = []
    expect(
      await turnsDuring(async () => {
        sealed = await encryption.encrypt('t', given)
      }),
    ).toBeGreaterThanOrEqual(19)
    await encryption.decrypt('t', sealed.slice(0, 1))
    expect(await turnsDuring(() => encryption.decrypt('t', sealed))).toBeGreaterThanOrEqual(19)
  })

  it('has its turn after 1 MiB at most, both ways', async () => {
    const { encryption } = await setUp()
    await encryption.prewarm(['t'])
    const given = Array.from({ length: 100 }, () => ({ value: new Uint8Array(200_000) }))
    let sealed: readonly KafkaRecord[] = []
    // 6 of 200,000 bytes pass 1 MiB.
    expect(
      await turnsDuring(async () => {
        sealed = await encryption.encrypt('t', given)
      }),
    ).toBeGreaterThanOrEqual(16)
    await encryption.decrypt('t', sealed.slice(0, 1))
    expect(await turnsDuring(() => encryption.decrypt('t', sealed))).toBeGreaterThanOrEqual(16)
  })

  it('has its turn after each record of more than 1 MiB', async () => {
    const { encryption } = await setUp()
    await encryption.prewarm(['t'])
    const given = Array.from({ length: 5 }, () => ({ value: new Uint8Array(2 ** 20 + 1) }))
    expect(await turnsDuring(() => encryption.encrypt('t', given))).toBeGreaterThanOrEqual(4)
  })

  it('does not let batches that run at the same time mix', async () => {
    const { encryption } = await setUp()
    const batches = Array.from({ length: 8 }, (_, i) => records(1_300, 10_000 * i))
    const sealed = await Promise.all(batches.map((batch, i) => encryption.encrypt(`t${i}`, batch)))
    expect(runsOf(sealed.flat())).toEqual([8 * 1_300])
    const opened = await Promise.all(sealed.map((batch, i) => encryption.decrypt(`t${i}`, batch)))
    expect(opened.map((batch) => batch.map(({ value }) => textOf(value)))).toEqual(
      batches.map((batch) => batch.map(({ value }) => textOf(value))),
    )
  })
})
