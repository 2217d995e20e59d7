import type { Kek } from '../../contract/kek.ts'
import type { KmsCallOptions } from '../../contract/kms.ts'
import type { KmsErrorDetails } from '../../errors/kms-error.ts'
import { kekGroup } from './cache-key.ts'

/** An operation that sends a request. */
export type RemoteOperation = 'resolveKek' | 'generateDekPair' | 'decryptEdek'

/**
 * Calls of different lanes do not wait for each other: a flood of EDEKs must not hold up producers, and neither records that name foreign KEKs nor
 * refreshes in the background may hold up anybody.
 */
export type Lane = 'resolve' | 'generate' | 'decrypt' | 'unnamed' | 'refresh'

const REFRESH = Symbol('refresh')
const DEADLINE = Symbol('deadline')

/** Options as they travel from layer to layer. The symbols are copied when options are spread, and no caller can set them. */
interface TravellingOptions extends KmsCallOptions {
  readonly [REFRESH]?: true
  readonly [DEADLINE]?: number
}

/** One call as a layer sees it. */
export interface LayerCall<T> {
  readonly operation: RemoteOperation
  /** The subject of the call: its KEK, or the selector. */
  readonly subject: string
  readonly kek: Kek | undefined
  readonly kekSelector: string | undefined
  readonly options: KmsCallOptions
  /** Calls the next layer. */
  run(options: KmsCallOptions): Promise<T>
  /** Destroys a result without an owner. */
  discard(result: T): void
}

/** Marks a call as a refresh in the background. */
export function asRefresh(options: KmsCallOptions): KmsCallOptions {
  return { ...options, [REFRESH]: true } as TravellingOptions
}

/** Adds the moment on the monotonic clock at which the call ends. */
export function withDeadline(options: KmsCallOptions, atMs: number): KmsCallOptions {
  return { ...options, [DEADLINE]: atMs } as TravellingOptions
}

/** The moment on the monotonic clock at which the call ends; infinite without a deadline. */
export function deadlineOf(options: KmsCallOptions): number {
  return (options as TravellingOptions)[DEADLINE] ?? Infinity
}

/** The lane of a call. */
export function laneOf({ operation, options }: Pick<LayerCall<unknown>, 'operation' | 'options'>): Lane {
  if (isUnnamed(options)) return 'unnamed'
  if ((options as TravellingOptions)[REFRESH] === true) return 'refresh'
  switch (operation) {
    case 'resolveKek':
      return 'resolve'
    case 'generateDekPair':
      return 'generate'
    case 'decryptEdek':
      return 'decrypt'
  }
}

/** Whether the call is about a KEK that no rule names exactly, and that the writer of a record chose. */
export function isUnnamed({ reader }: KmsCallOptions): boolean {
  return reader?.named === false
}

/** The subject of a call about a KEK. */
export const subjectOf = kekGroup

/** Details of an error that a layer raises. */
export function detailsOf({ operation, kek, kekSelector }: LayerCall<unknown>, provider: string): KmsErrorDetails {
  return { provider: kek?.provider ?? provider, operation, kek, kekSelector }
}
