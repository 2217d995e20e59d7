import type { SettledRecords } from '../shared/settled-records.ts'

interface Committed {
  readonly payload?: {
    readonly topics?: readonly {
      readonly topic: string
      readonly partitions: readonly { readonly partition: number | string; readonly offset: unknown }[]
    }[]
  }
}

interface Emitter {
  readonly events?: { readonly COMMIT_OFFSETS?: string }
  on?(name: string, listener: (event: Committed) => void): unknown
}

/** Forgets settled records when the client reports that their offsets are committed. A mock may report nothing. */
export function forgetCommitted(consumer: object, settled: SettledRecords): void {
  const emitter = consumer as Emitter
  const name = emitter.events?.COMMIT_OFFSETS
  if (name === undefined || typeof emitter.on !== 'function') return
  emitter.on(name, ({ payload }) => {
    for (const { topic, partitions } of payload?.topics ?? [])
      for (const { partition, offset } of partitions) settled.committed(topic, Number(partition), String(offset))
  })
}
