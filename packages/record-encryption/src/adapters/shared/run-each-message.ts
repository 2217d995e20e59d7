import { chunksOf } from './chunks-of.ts'
import type { BatchPayload, FetchedMessage, MessagePayload, RunOptions } from './client-types.ts'
import type { ConsumerSession, Source } from './consumer-session.ts'
import { sizeOfMessage } from './opened-message.ts'
import { ledgerPause, pulseOf } from './pulse-of.ts'

/** What differs between clients. */
export interface EachMessageOptions {
  readonly handle: NonNullable<RunOptions['eachMessage']>
  /** Whether offsets are committed after each record where the client's rules say so. */
  readonly commits: boolean
}

/**
 * Handles one fetch as the client's own `eachMessage` would: the same calls in the same order, for `seek`, `pause`, `stop` and a throw in the handler too. Records
 * are decrypted in chunks ahead, and settled when their turn comes.
 */
export async function runEachMessage(
  session: ConsumerSession,
  payload: BatchPayload,
  { handle, commits }: EachMessageOptions,
): Promise<void> {
  const { topic, partition, messages } = payload.batch
  const source: Source = { topic, partition }
  const pulse = pulseOf(session, payload)
  const pause = ledgerPause(session, source, () => payload.pause())

  for (const chunk of chunksOf(messages, sizeOfMessage)) {
    if (!isWanted(payload)) return
    const outcomes = await session.decrypt(source, chunk, pulse, () => payload.pause())
    if (outcomes === undefined) return
    for (let i = 0; i < chunk.length; i++) {
      const message = chunk[i] as FetchedMessage
      if (!isWanted(payload)) return
      const opened =
        session.openedAt(outcomes, i, message) ?? (await session.settle(source, outcomes, i, message, pulse))
      if (opened !== undefined) await deliver(message, opened)
      payload.resolveOffset(message.offset)
      await payload.heartbeat()
      if (commits) await payload.commitOffsetsIfNecessary()
      if (session.ledger.isPaused(topic, partition)) return
    }
  }

  async function deliver(fetched: FetchedMessage, message: FetchedMessage): Promise<void> {
    const given: MessagePayload = { topic, partition, message, heartbeat: () => payload.heartbeat(), pause }
    try {
      await handle(given)
    } catch (error) {
      session.handlerFailed(source, fetched, error)
      throw error
    }
  }
}

function isWanted(payload: BatchPayload): boolean {
  return payload.isRunning() && !payload.isStale()
}
