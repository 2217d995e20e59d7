import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'

import { benchEncryption, benchRecords, TOPIC } from './record-bench.ts'

const RUN_MS = 3_000

/** How long other work waits, in milliseconds: 99 of 100 times at most this. */
export interface EventLoopDelay {
  readonly idleP99: number
  readonly encryptP99: number
  readonly decryptP99: number
}

/** Measures the delay of the event loop, 1 ms resolution, idle and while batches of 500 x 1 KiB run one after the other. */
export async function benchEventLoop(): Promise<EventLoopDelay> {
  const encryption = await benchEncryption()
  const records = benchRecords(1024)
  const sealed = await encryption.encrypt(TOPIC, records)
  const until = (work: () => Promise<unknown>) => async (): Promise<void> => {
    // Each batch starts from the poll phase, as one that a client's socket delivers.
    for (const end = Date.now() + RUN_MS; Date.now() < end;) {
      await work()
      await setTimeout(1)
    }
  }
  const idleP99 = await p99(() => setTimeout(RUN_MS))
  const encryptP99 = await p99(until(() => encryption.encrypt(TOPIC, records)))
  const decryptP99 = await p99(until(() => encryption.decrypt(TOPIC, sealed)))
  await encryption.close()
  return { idleP99, encryptP99, decryptP99 }
}

async function p99(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await work()
  delay.disable()
  return delay.percentile(99) / 1e6
}
