import { SendQueueFullError } from './send-queue-full-error.ts'

/** Bytes of values and keys that may wait to be encrypted, for one producer. A single larger send is let through. */
const MAX_WAITING_BYTES = 64 * 2 ** 20
const NOTHING = Promise.resolve()

/** One send. */
export interface QueuedSend<P, T> {
  /** The topics that it sends to: it starts after all earlier sends to any of them have started. */
  readonly topics: readonly string[]
  readonly bytes: number
  /** Encrypts. Called at once. */
  readonly prepare: () => Promise<P>
  /** Starts the client's send. */
  readonly start: (prepared: P) => Promise<T>
}

/**
 * Keeps sends in the order of the calls, although encryption takes a while. Encryption starts at once; only the start of the client's own send waits, for the
 * starts of earlier sends to the same topics and never for their responses, so that sends stay pipelined and an outage holds up no other topic.
 */
export class SendQueue {
  readonly #maxBytes: number
  /** By topic: settled when the latest send to it has started or failed. Never rejects. */
  readonly #starts = new Map<string, Promise<void>>()
  readonly #pending = new Set<Promise<void>>()
  #bytes = 0

  constructor(maxBytes = MAX_WAITING_BYTES) {
    this.#maxBytes = maxBytes
  }

  /** @throws SendQueueFullError before anything is encrypted. */
  async send<P, T>({ topics, bytes, prepare, start }: QueuedSend<P, T>): Promise<T> {
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes)
      throw new SendQueueFullError(topics, this.#bytes, this.#maxBytes)
    this.#bytes += bytes
    const earlier = topics.map((topic) => this.#starts.get(topic) ?? NOTHING)
    const started = this.#start(earlier, prepare(), start).finally(() => {
      this.#bytes -= bytes
    })
    this.#follow(topics, settled(started))
    const sent = started.then(({ response }) => response)
    const pending = settled(sent)
    this.#pending.add(pending)
    void pending.then(() => this.#pending.delete(pending))
    return sent
  }

  /** Waits until all sends so far are done, successfully or not. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** The response is boxed, so that nobody waits for it here. */
  async #start<P, T>(
    earlier: readonly Promise<void>[],
    preparing: Promise<P>,
    start: (prepared: P) => Promise<T>,
  ): Promise<{ readonly response: Promise<T> }> {
    const [prepared] = await Promise.allSettled([preparing])
    await Promise.all(earlier)
    if (prepared.status === 'rejected') throw prepared.reason
    const response = start(prepared.value)
    // It is awaited a microtask later.
    response.catch(() => undefined)
    return { response }
  }

  #follow(topics: readonly string[], started: Promise<void>): void {
    for (const topic of topics) this.#starts.set(topic, started)
    void started.then(() => {
      for (const topic of topics) if (this.#starts.get(topic) === started) this.#starts.delete(topic)
    })
  }
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.then(
    () => undefined,
    () => undefined,
  )
}
