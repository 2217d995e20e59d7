/** A topic, and partitions of it; all of them where none are named. */
export interface TopicPartitions {
  readonly topic: string
  readonly partitions?: readonly number[] | undefined
}

interface Paused {
  /** The whole topic, except for `others`. */
  all: boolean
  /** Partitions for which the opposite of `all` holds. */
  others: Set<number>
}

/** Remembers which partitions the application paused: an adapter that pauses and resumes for itself must leave those paused. */
export class PauseLedger {
  readonly #topics = new Map<string, Paused>()

  paused(topics: readonly TopicPartitions[]): void {
    this.#note(topics, true)
  }

  resumed(topics: readonly TopicPartitions[]): void {
    this.#note(topics, false)
  }

  isPaused(topic: string, partition: number): boolean {
    const paused = this.#topics.get(topic)
    return paused !== undefined && paused.all !== paused.others.has(partition)
  }

  clear(): void {
    this.#topics.clear()
  }

  #note(topics: readonly TopicPartitions[], value: boolean): void {
    for (const { topic, partitions } of topics) {
      const paused = this.#topics.get(topic) ?? { all: false, others: new Set() }
      this.#topics.set(topic, paused)
      if (partitions === undefined) {
        paused.all = value
        paused.others.clear()
        continue
      }
      for (const partition of partitions) {
        if (paused.all === value) paused.others.delete(partition)
        else paused.others.add(partition)
      }
    }
  }
}
