import { LRUCache } from 'lru-cache'

const MAX_RECORDS = 100_000

/** Where a record is, and when it was written: offsets start again in a topic that was deleted and created. */
export interface SettledPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly timestamp: unknown
}

/** Remembers which records have a dead letter, until their offset is committed: a retry must not send it again. */
export class SettledRecords {
  readonly #offsets = new LRUCache<string, SettledPlace>({ max: MAX_RECORDS })

  add(place: SettledPlace): void {
    this.#offsets.set(keyOf(place), place)
  }

  has(place: SettledPlace): boolean {
    return this.#offsets.size > 0 && this.#offsets.has(keyOf(place))
  }

  /** Forgets what lies before the committed offset. */
  committed(topic: string, partition: number, next: string): void {
    if (this.#offsets.size === 0) return
    for (const [key, place] of this.#offsets.entries())
      if (place.topic === topic && place.partition === partition && isBefore(place.offset, next))
        this.#offsets.delete(key)
  }
}

function keyOf({ topic, partition, offset, timestamp }: SettledPlace): string {
  return `${topic}/${partition}/${offset}/${String(timestamp)}`
}

function isBefore(offset: string, next: string): boolean {
  try {
    return BigInt(offset) < BigInt(next)
  } catch {
    return false
  }
}
