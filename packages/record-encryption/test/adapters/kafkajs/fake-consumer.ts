import { createRequire } from 'node:module'

import type { Consumer, ConsumerRunConfig, KafkaMessage } from 'kafkajs'

const require = createRequire(import.meta.url)
interface ClientBatch {
  readonly topic: string
}
interface ClientRunner {
  running: boolean
  handleBatch(batch: ClientBatch): Promise<void>
}
// The client's own, so that what is compared is what a service runs on.
const Runner = require('kafkajs/src/consumer/runner.js') as new (options: object) => ClientRunner
const Batch = require('kafkajs/src/consumer/batch.js') as new (
  topic: string,
  fetchedOffset: string,
  data: object,
) => ClientBatch

/** Fields of a message in the log; offsets are those of the array. */
export type Stored = Partial<KafkaMessage> & { readonly isControlRecord?: boolean }

/** A consumer of kafkajs's shape: its runner, without network, over one partition that is fetched when a test says so. */
export class FakeConsumer {
  /** What the runner asked of the group, in order. */
  readonly calls: string[] = []
  readonly log: Stored[]
  readonly topic: string
  position = 0
  committed: number | undefined
  heartbeat: () => Promise<void> = async () => undefined
  readonly #paused = new Set<string>()
  readonly #listeners = new Map<string, ((event: object) => void)[]>()
  #seek: string | undefined
  #runner: ClientRunner | undefined
  config: ConsumerRunConfig | undefined

  constructor(topic: string, log: readonly Stored[]) {
    this.topic = topic
    this.log = [...log]
  }

  get consumer(): Consumer {
    return {
      run: async (config: ConsumerRunConfig) => {
        this.#run(config)
      },
      stop: async () => {
        this.calls.push('stop')
        if (this.#runner !== undefined) this.#runner.running = false
      },
      disconnect: async () => {
        this.calls.push('disconnect')
        if (this.#runner !== undefined) this.#runner.running = false
      },
      pause: (topics: readonly { topic: string; partitions?: readonly number[] }[]) => {
        this.#setPaused(topics, true)
      },
      resume: (topics: readonly { topic: string; partitions?: readonly number[] }[]) => {
        this.#setPaused(topics, false)
      },
      paused: () => [],
      seek: ({ offset }: { offset: string }) => {
        this.calls.push(`seek ${offset}`)
        this.#seek = offset
      },
      on: (name: string, listener: (event: object) => void) => {
        this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener])
        return () => undefined
      },
      events: { COMMIT_OFFSETS: 'commit', CRASH: 'crash' },
      connect: async () => undefined,
      subscribe: async () => undefined,
      commitOffsets: async () => undefined,
      describeGroup: async () => ({}),
      logger: () => ({}),
    } as unknown as Consumer
  }

  get isPaused(): boolean {
    return this.#paused.has(`${this.topic}/0`)
  }

  /** Fetches and handles what is left, as the client does between two polls; nothing while the partition is paused. @throws what the handler throws. */
  async poll(max = Infinity): Promise<void> {
    if (this.#seek !== undefined) {
      this.position = Number(this.#seek)
      this.#seek = undefined
    }
    const messages = this.log
      .map((each, i) => ({
        key: null,
        value: null,
        headers: {},
        timestamp: '1',
        attributes: 0,
        ...each,
        offset: String(i),
      }))
      .slice(this.position, this.position + max)
    if (this.isPaused || messages.length === 0) return
    const data = { partition: 0, highWatermark: String(this.log.length), abortedTransactions: [], messages }
    await this.#runner?.handleBatch(new Batch(this.topic, String(this.position), data))
  }

  /** As after a crash: what was not committed is fetched again. */
  restart(): void {
    this.position = this.committed ?? 0
  }

  /** As when the client crashes and starts again by itself: it forgets its pauses. */
  crash(): void {
    this.#paused.clear()
    this.#emit('crash', { payload: { restart: true } })
    this.restart()
  }

  #emit(name: string, event: object): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(event)
  }

  #run(config: ConsumerRunConfig): void {
    this.config = config
    const silent = { namespace: () => silent, debug() {}, info() {}, warn() {}, error() {} }
    this.#runner = new Runner({
      ...config,
      logger: { namespace: () => silent },
      instrumentationEmitter: { emit: () => undefined },
      consumerGroup: this.#group(config.autoCommit !== false),
      heartbeatInterval: 0,
      concurrency: 1,
      onCrash: () => undefined,
    })
    this.#runner.running = true
  }

  #group(autoCommit: boolean): object {
    return {
      getNodeIds: () => [1],
      heartbeat: async () => {
        this.calls.push('heartbeat')
        await this.heartbeat()
      },
      resolveOffset: ({ offset }: { offset: string }) => {
        this.calls.push(`resolve ${offset}`)
        this.position = Number(offset) + 1
      },
      commitOffsets: async () => {
        this.calls.push(`commit ${this.position}`)
        this.committed = this.position
        const partitions = [{ partition: '0', offset: String(this.position) }]
        this.#emit('commit', { payload: { topics: [{ topic: this.topic, partitions }] } })
      },
      commitOffsetsIfNecessary: async () => {
        this.calls.push(autoCommit ? 'commit?' : 'commit? although autoCommit is false')
      },
      uncommittedOffsets: () => ({ topics: [] }),
      hasSeekOffset: () => this.#seek !== undefined,
      isPaused: () => this.isPaused,
      pause: (topics: readonly { topic: string; partitions?: readonly number[] }[]) => {
        this.#setPaused(topics, true)
      },
      resume: (topics: readonly { topic: string; partitions?: readonly number[] }[]) => {
        this.#setPaused(topics, false)
      },
    }
  }

  #setPaused(topics: readonly { topic: string; partitions?: readonly number[] }[], value: boolean): void {
    for (const { topic, partitions = [0] } of topics)
      for (const partition of partitions) {
        this.calls.push(`${value ? 'pause' : 'resume'} ${partition}`)
        if (value) this.#paused.add(`${topic}/${partition}`)
        else this.#paused.delete(`${topic}/${partition}`)
      }
  }
}
