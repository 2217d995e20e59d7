import { batchView } from './batch-view.ts'
import { chunksOf } from './chunks-of.ts'
import type { BatchPayload, FetchedBatch, FetchedMessage, RunOptions } from './client-types.ts'
import type { ConsumerSession, Source } from './consumer-session.ts'
import { sizeOfMessage } from './opened-message.ts'
import { ledgerPause, pulseOf } from './pulse-of.ts'

/** What differs between clients and applications. */
export interface EachBatchOptions {
  readonly handle: NonNullable<RunOptions['eachBatch']>
  /** Whether the whole batch is resolved when the handler returns: the application's `eachBatchAutoResolve`. */
  readonly resolves: boolean
  readonly commits: boolean
}

/** What a handler gets of a fetch. */
interface Opened {
  readonly messages: FetchedMessage[]
  /** By the offset of a message that is handed out: the last offset that is settled with it. */
  readonly ends: Map<string, string>
  /** The last offset that was settled before the first message that is handed out. */
  leading: string | undefined
  /** The last offset that was settled or is handed out. */
  end: string | undefined
  /** Whether that is the whole fetch. */
  whole: boolean
  /** Thrown after the handler has had the records before it. */
  failure: { readonly error: unknown } | undefined
}

/** Hands a fetch to an application's `eachBatch`, without the records that were settled. */
export async function runEachBatch(
  session: ConsumerSession,
  payload: BatchPayload,
  { handle, resolves, commits }: EachBatchOptions,
): Promise<void> {
  const { batch } = payload
  const source: Source = { topic: batch.topic, partition: batch.partition }
  const opened = await openBatch(session, payload, source)
  if (!payload.isRunning()) return
  const { messages, ends, leading, end, whole, failure } = opened
  if (leading !== undefined) {
    payload.resolveOffset(leading)
    if (commits) await payload.commitOffsetsIfNecessary()
  }
  if (messages.length > 0) {
    await handle({
      ...payload,
      batch: batchView(batch, messages, whole ? undefined : end) as FetchedBatch,
      resolveOffset: (offset, ...more) => {
        payload.resolveOffset(ends.get(offset) ?? offset, ...more)
      },
      pause: ledgerPause(session, source, () => payload.pause()),
    })
    if (resolves && end !== undefined) payload.resolveOffset(whole ? batch.lastOffset() : end)
  }
  if (failure !== undefined && payload.isRunning() && !payload.isStale()) throw failure.error
}

async function openBatch(session: ConsumerSession, payload: BatchPayload, source: Source): Promise<Opened> {
  const opened: Opened = {
    messages: [],
    ends: new Map(),
    leading: undefined,
    end: undefined,
    whole: false,
    failure: undefined,
  }
  const pulse = pulseOf(session, payload)
  let last: string | undefined
  for (const chunk of chunksOf(payload.batch.messages, sizeOfMessage)) {
    const outcomes = await session.decrypt(source, chunk, pulse, () => payload.pause())
    if (outcomes === undefined) return opened
    for (let i = 0; i < chunk.length; i++) {
      const message = chunk[i] as FetchedMessage
      try {
        const given =
          session.openedAt(outcomes, i, message) ?? (await session.settle(source, outcomes, i, message, pulse))
        if (given !== undefined) {
          opened.messages.push(given)
          last = message.offset
        } else if (last === undefined) opened.leading = message.offset
        else opened.ends.set(last, message.offset)
      } catch (error) {
        opened.failure = { error }
        return opened
      }
      opened.end = message.offset
    }
    await payload.heartbeat()
  }
  opened.whole = true
  return opened
}
