import type { ConsumerSession } from '../shared/consumer-session.ts'

interface Committed {
  readonly payload?: {
    readonly topics?: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number | string; readonly offset: unknown }[]
    }[]
  }
}

interface Emitter {
  readonly events?: { readonly COMMIT_OFFSETS?: string; readonly CRASH?: string }
  on?(name: string, listener: (event: Committed) => void): unknown
}

/**
 * Forgets settled records when the client reports that their offsets are committed, and pauses when it crashed: it starts again without them. A mock may report
 * nothing.
 */
export function followEvents(consumer: object, session: ConsumerSession): void {
  const emitter = consumer as Emitter
  const { COMMIT_OFFSETS, CRASH } = emitter.events ?? {}
  if (typeof emitter.on !== 'function') return
  if (COMMIT_OFFSETS !== undefined) {
    emitter.on(COMMIT_OFFSETS, ({ payload }) => {
      for (const { topic, partitions } of payload?.topics ?? [])
        for (const { partition, offset } of partitions)
          session.settled.committed(topic, Number(partition), String(offset))
    })
  }
  if (CRASH !== undefined) {
    emitter.on(CRASH, () => {
      session.restarted()
    })
  }
}
