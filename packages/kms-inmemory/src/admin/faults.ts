import type { Kek } from '@keyfold/kms-api'

/** The operations that reach the KMS. `kekOf` does not, nor does a call that is refused before. */
export type InMemoryOperation = 'resolveKek' | 'generateDekPair' | 'decryptEdek' | 'health'

/** One request, as a fault hook sees it. */
export interface FaultCall {
  readonly operation: InMemoryOperation
  /** Counts the requests of this operation, from 1. */
  readonly callNumber: number
  /** What is resolved; of `resolveKek` only. */
  readonly kekSelector?: string | undefined
  /** Of `generateDekPair` and `decryptEdek` only. */
  readonly kek?: Kek | undefined
  /** Aborts when the caller's signal does, or when the client is closed. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Is called before each request: what it throws is the answer, and the request waits for the promise that it returns. For tests only.
 * An aborted signal or `close()` does not wait for it.
 */
export type FaultHook = (call: FaultCall) => void | Promise<void>
