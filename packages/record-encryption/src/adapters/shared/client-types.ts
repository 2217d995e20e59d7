/** A message as kafkajs and Confluent's client deliver it: what the adapters read of it. */
export interface FetchedMessage {
  readonly key?: Uint8Array | null | undefined
  readonly value: Uint8Array | null
  readonly headers?: Readonly<Record<string, unknown>> | null | undefined
  readonly offset: string
  readonly timestamp?: unknown
}

/** What the clients give to an `eachMessage` handler. */
export interface MessagePayload {
  readonly topic: string
  readonly partition: number
  readonly message: FetchedMessage
  readonly heartbeat: () => Promise<void>
  readonly pause: () => () => void
}

/** A fetch of one partition. */
export interface FetchedBatch {
  readonly topic: string
  readonly partition: number
  readonly highWatermark?: unknown
  readonly messages: readonly FetchedMessage[]
  lastOffset(): string
}

/** What the clients give to an `eachBatch` handler. */
export interface BatchPayload {
  readonly batch: FetchedBatch
  resolveOffset(offset: string, ...more: readonly unknown[]): void
  heartbeat(): Promise<void>
  pause(): () => void
  commitOffsetsIfNecessary(...args: readonly unknown[]): Promise<void>
  isRunning(): boolean
  isStale(): boolean
}

/** The options of `run` that the adapters read. */
export interface RunOptions {
  readonly autoCommit?: boolean | undefined
  readonly eachBatchAutoResolve?: boolean | undefined
  readonly eachMessage?: ((payload: MessagePayload) => Promise<void>) | null | undefined
  readonly eachBatch?: ((payload: BatchPayload) => Promise<void>) | null | undefined
}

/** A message to send. */
export interface OutgoingMessage {
  readonly key?: Uint8Array | string | null | undefined
  readonly value: Uint8Array | string | null
  readonly headers?: Readonly<Record<string, unknown>> | null | undefined
  readonly partition?: number | null | undefined
}

/** The argument of `send`. */
export interface OutgoingRecord {
  readonly topic: string
  readonly messages: readonly OutgoingMessage[]
  readonly acks?: number | undefined
}

/** The argument of `sendBatch`. */
export interface OutgoingBatch {
  readonly topicMessages?: readonly OutgoingRecord[] | undefined
  readonly acks?: number | undefined
}
