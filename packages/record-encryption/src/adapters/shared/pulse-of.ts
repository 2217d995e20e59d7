import type { BatchPayload } from './client-types.ts'
import type { ConsumerSession, Source } from './consumer-session.ts'
import type { Pulse } from './patient-call.ts'

/** Returns how a handler keeps its place in the group while it waits. */
export function pulseOf(session: ConsumerSession, payload: Pick<BatchPayload, 'heartbeat' | 'isRunning'>): Pulse {
  const { stopped } = session
  return {
    heartbeat: () => payload.heartbeat(),
    isActive: () => !stopped.aborted && payload.isRunning(),
    stopped,
  }
}

/** Returns the `pause` that an application gets: what it pauses is remembered as its own. */
export function ledgerPause(
  session: ConsumerSession,
  { topic, partition }: Source,
  pause: () => () => void,
): () => () => void {
  const topics = [{ topic, partitions: [partition] }]
  return () => {
    const resume = pause()
    session.ledger.paused(topics)
    return () => {
      session.ledger.resumed(topics)
      resume()
    }
  }
}
