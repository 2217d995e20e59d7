import { describe, expect, it } from 'vitest'

import { gate, rejectionOf, settled, setUp } from '../records/support.ts'
import { down, edekNow, noticeUnhandledRejections, oneSlice } from './world.ts'

noticeUnhandledRejections()

describe('prewarm()', () => {
  it('asks for everything at once, and the first records need no request', async () => {
    const aliases = Array.from({ length: 20 }, (_, i) => `t${i}`)
    const world = await setUp(
      {
        topics: [
          { match: 'clear', plaintext: 'allow' },
          { match: '*', kek: '$(topicName)' },
        ],
      },
      aliases,
    )
    let running = 0
    let most = 0
    world.admin.faults = async () => {
      most = Math.max(most, ++running)
      await oneSlice()
      running--
    }
    await world.encryption.prewarm([...aliases, ...aliases, 'clear'])
    expect(most).toBe(20)
    expect(world.admin.calls).toMatchObject({ resolveKek: 20, generateDekPair: 20 })
    world.admin.faults = () => {
      throw down
    }
    for (const topic of aliases) await edekNow(world, topic)
  })

  it('rejects with each topic and its cause, in order; what succeeded stays', async () => {
    const world = await setUp(
      {
        topics: [
          { match: 'no-*', kek: 'missing' },
          { match: 'good', kek: 'kek' },
          { match: 'off', kek: 'off' },
        ],
      },
      ['kek', 'off'],
    )
    world.admin.disableKek('off')
    const error = await rejectionOf(world.encryption.prewarm(['no-1', 'good', 'other', 'off', 'not a topic']))
    expect(error).toBeInstanceOf(AggregateError)
    const { errors, message } = error as AggregateError
    expect(message).toBe(
      '4 of 5 topics could not be prewarmed; the first: topic "no-1" (KEK "missing") could not be prewarmed: KMS_UNKNOWN_ALIAS',
    )
    expect(errors.map(({ message: why }: Error) => why.replace(/^.*: /, ''))).toEqual([
      'KMS_UNKNOWN_ALIAS',
      'RECORD_NO_RULE',
      'KMS_KEY_UNAVAILABLE',
      'TypeError',
    ])
    expect(
      errors.map(({ topic, cause }: { topic: string; cause: { code?: string; name: string } }) => [
        topic,
        cause.code ?? cause.name,
      ]),
    ).toEqual([
      ['no-1', 'KMS_UNKNOWN_ALIAS'],
      ['other', 'RECORD_NO_RULE'],
      ['off', 'KMS_KEY_UNAVAILABLE'],
      ['not a topic', 'TypeError'],
    ])
    world.admin.faults = () => {
      throw down
    }
    await edekNow(world, 'good')
  })

  it('rejects with the reason of an abort', async () => {
    const world = await setUp()
    world.admin.faults = () => gate().passed
    const controller = new AbortController()
    const warming = world.encryption.prewarm(['t'], { signal: controller.signal })
    await settled()
    const reason = { why: 'enough' }
    controller.abort(reason)
    expect(await rejectionOf(warming)).toBe(reason)
    expect(await rejectionOf(world.encryption.prewarm([], { signal: controller.signal }))).toBe(reason)
  })
})
