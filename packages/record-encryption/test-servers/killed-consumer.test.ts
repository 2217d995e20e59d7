import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { describe, expect, inject, it } from 'vitest'

import { titleOf } from '@keyfold/servers/testing'

import { encryptedProducer } from '../src/adapters/kafkajs/index.ts'
import type { ConsumerProcessOptions } from './support/consumer-process.ts'
import { encryptionOf } from './support/shared-kek.ts'
import { connected, createWorld, newGroup } from './support/world.ts'

const kafka = inject('kafka')
const COUNT = 3_000
const THRESHOLD = 20
const KILL_AT = [1_000, 2_000]

describe.skipIf(kafka.missing !== undefined)(titleOf('a consumer on Apache Kafka that is killed', kafka), () => {
  it.each([false, true])(
    'loses no record and repeats at most the commit threshold and the one in flight (plain: %s)',
    async (plain) => {
      const brokers = kafka.brokers ?? []
      const at = await createWorld(brokers)
      const topic = await at.topic('killed')
      const kek = { id: randomUUID(), base64: randomBytes(32).toString('base64') }
      const encryption = await encryptionOf(kek)
      const producer = await connected(encryptedProducer(at.kafka.producer(), encryption))
      for (let i = 0; i < COUNT; i += 500)
        await producer.send({ topic, messages: Array.from({ length: 500 }, (_, j) => ({ value: String(i + j) })) })
      const options: ConsumerProcessOptions = {
        brokers,
        topic,
        groupId: newGroup(),
        kek,
        plain,
        autoCommitThreshold: THRESHOLD,
      }
      const handled: string[] = []
      const repeated: number[] = []
      for (const until of [...KILL_AT, COUNT]) {
        const before = new Set(handled)
        await runUntil(options, handled, until)
        repeated.push(handled.filter((line, i) => handled.indexOf(line) < i).length)
        expect(before.size).toBeLessThanOrEqual(handled.length)
      }
      const perKill = [(repeated[1] ?? 0) - (repeated[0] ?? 0), (repeated[2] ?? 0) - (repeated[1] ?? 0)]
      console.log(
        `${plain ? 'plain' : 'decrypted'}: ${handled.length} of ${COUNT} handled, repeated after each kill: ${perKill.join(', ')}`,
      )
      expect(new Set(handled).size).toBe(COUNT)
      for (const count of perKill) expect(count).toBeLessThanOrEqual(THRESHOLD + 1)
      await encryption.close()
    },
  )
})

/** Runs a consumer until so many different records were handled by all so far, then kills it. */
async function runUntil(options: ConsumerProcessOptions, handled: string[], until: number): Promise<void> {
  const seen = new Set(handled)
  if (seen.size >= until) return
  const program = join(import.meta.dirname, 'support/consumer-process.ts')
  const args = ['--conditions=@keyfold/source', program, JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout })) {
    // What it wrote before it was dead was handled.
    handled.push(line)
    seen.add(line)
    if (seen.size >= until) child.kill('SIGKILL')
  }
}
