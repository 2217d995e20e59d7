import { elapsedMs, isKmsError, momentOf, type Clock } from '@keyfold/kms-api'

import { waitAtMost } from './timers.ts'

/** The client throttles heartbeats itself. */
const BEAT_MS = 500
/** How long an outage is waited out where it is met for the first time. */
const PATIENCE_MS = 5_000
/** How long a call may take where the latest had no success: other partitions wait meanwhile. */
const LITTLE_PATIENCE_MS = 1_000
const FIRST_RETRY_MS = 200
/** Passes by itself, although the key management system is not asked again at once. */
const LATER = new Set(['KMS_CIRCUIT_OPEN', 'KMS_OVERLOADED', 'KMS_KEY_VERSION_AHEAD'])

/** How a client keeps its place in its group, and whether it is still wanted. */
export interface Pulse {
  /** Throws when the group rebalances. */
  readonly heartbeat: () => Promise<void>
  readonly isActive: () => boolean
  /** Aborted when the consumer stops. */
  readonly stopped: AbortSignal
}

/** What became of a call. */
export type PatientResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'stopped' }
  /** It failed, or takes too long: then it is `pending`. `slow`: it does not pass by itself. */
  | {
      readonly kind: 'outage'
      readonly error?: unknown
      readonly slow: boolean
      readonly pending?: Promise<T> | undefined
    }

/**
 * Calls the key management system with heartbeats, and again for a few seconds while there is an outage.
 *
 * @param again - whether the latest call for the same partition ended in an outage: then it is called once.
 * @throws what `heartbeat` throws; the call is aborted.
 */
export async function callPatiently<T>(
  clock: Clock,
  call: (signal: AbortSignal) => Promise<T>,
  pulse: Pulse,
  again: boolean,
): Promise<PatientResult<T>> {
  // Not AbortSignal.any: one for each chunk would pile up at a signal that lives as long as the consumer.
  const abort = new AbortController()
  const stop = (): void => {
    abort.abort(pulse.stopped.reason)
  }
  const forget = (): void => {
    pulse.stopped.removeEventListener('abort', stop)
  }
  pulse.stopped.addEventListener('abort', stop, { once: true })
  if (pulse.stopped.aborted) stop()
  let pending: Promise<void> | undefined
  const start = momentOf(clock)
  const patienceMs = again ? LITTLE_PATIENCE_MS : PATIENCE_MS
  const leftMs = (): number => patienceMs - elapsedMs(start, momentOf(clock))
  let retryMs = FIRST_RETRY_MS
  try {
    for (;;) {
      const attempt = settle(call(abort.signal))
      await keepAlive(clock, attempt.done, pulse, leftMs)
      if (!pulse.isActive()) {
        abort.abort(new Error('the consumer was stopped'))
        return { kind: 'stopped' }
      }
      const { outcome } = attempt
      if (outcome === undefined) {
        pending = attempt.done
        return { kind: 'outage', slow: false, pending: attempt.promise }
      }
      if ('value' in outcome) return { kind: 'done', value: outcome.value }
      if (pulse.stopped.aborted) return { kind: 'stopped' }
      const { error } = outcome
      const slow = !passes(error)
      if (slow || again || leftMs() <= retryMs) return { kind: 'outage', error, slow }
      await keepAlive(clock, sleep(clock, retryMs), pulse, () => Infinity)
      if (!pulse.isActive()) return { kind: 'stopped' }
      retryMs *= 2
    }
  } catch (error) {
    abort.abort(error)
    throw error
  } finally {
    // A call that is still in flight ends with the consumer.
    if (pending === undefined) forget()
    else void pending.then(forget)
  }
}

/** Heartbeats until `promise` settles, or no time is left. @throws what `heartbeat` throws. */
export async function keepAlive(
  clock: Clock,
  promise: Promise<unknown>,
  pulse: Pulse,
  leftMs: () => number = () => Infinity,
): Promise<void> {
  const state = { settled: false }
  const done = promise.then(
    () => (state.settled = true),
    () => (state.settled = true),
  )
  const isSettled = (): boolean => state.settled
  for (;;) {
    await waitAtMost(clock, Math.min(BEAT_MS, Math.max(0, leftMs())), done)
    if (isSettled() || !pulse.isActive() || leftMs() <= 0) return
    await pulse.heartbeat()
  }
}

interface Attempt<T> {
  readonly promise: Promise<T>
  readonly done: Promise<void>
  outcome: { readonly value: T } | { readonly error: unknown } | undefined
}

function settle<T>(promise: Promise<T>): Attempt<T> {
  const attempt: { promise: Promise<T>; done: Promise<void>; outcome: Attempt<T>['outcome'] } = {
    promise,
    done: Promise.resolve(),
    outcome: undefined,
  }
  attempt.done = promise.then(
    (value) => {
      attempt.outcome = { value }
    },
    (error: unknown) => {
      attempt.outcome = { error }
    },
  )
  return attempt
}

function sleep(clock: Clock, delayMs: number): Promise<void> {
  return waitAtMost(clock, delayMs, new Promise(() => undefined))
}

function passes(error: unknown): boolean {
  return isKmsError(error) && (error.retryable || LATER.has(error.code))
}
