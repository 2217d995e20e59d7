import { mayPassRaw } from '../errors/may-pass-raw.ts'
import type { RecordError } from '../errors/record-error.ts'
import type { RecordBatch } from '../records/record-batch.ts'
import type { RecordRejections } from '../records/record-rejections.ts'
import { Rejected } from '../records/rejection.ts'
import { headersThatLeave, readRecord, snapshotRecord, wrong, type RecordSnapshot } from '../records/snapshot-record.ts'
import type { DecryptedInfo, DecryptedRecord, DecryptErrorHandler, KafkaRecord } from '../types.ts'

const UNDECRYPTED: DecryptedInfo = Object.freeze({ status: 'undecrypted', bound: Object.freeze([]) })

/** The values of `onDecryptError`. */
export type OnDecryptError = 'throw' | 'skip' | 'raw' | DecryptErrorHandler

/** The policies that settle a rejection. */
export interface SettlePolicies {
  readonly onDecryptError: OnDecryptError
  readonly onKeyAhead: 'record' | 'reject' | undefined
}

/** What became of each record of a call, in order, before any policy settles the rejections. */
export class DecryptOutcomes<R extends KafkaRecord> {
  readonly #results: readonly (DecryptedRecord<R> | Rejected)[]
  readonly #batch: RecordBatch<R>
  readonly #rejections: RecordRejections

  constructor(
    results: readonly (DecryptedRecord<R> | Rejected)[],
    batch: RecordBatch<R>,
    rejections: RecordRejections,
  ) {
    this.#results = results
    this.#batch = batch
    this.#rejections = rejections
  }

  get length(): number {
    return this.#results.length
  }

  /** Returns the record at `index` if it was not rejected. */
  recordAt(index: number): DecryptedRecord<R> | undefined {
    const result = this.#results[index]
    return result instanceof Rejected ? undefined : result
  }

  /** Returns the error of the record at `index` if it was rejected; a new one each time. */
  errorAt(index: number): RecordError | undefined {
    const result = this.#results[index]
    return result instanceof Rejected ? this.#rejections.errorOf(index, result.rejection) : undefined
  }

  /**
   * Settles the rejected record at `index`. A record that passes is returned as it was snapshotted.
   *
   * @returns the record that takes its place; `undefined` where it is left out.
   * @throws RecordError if the policies demand it, and whatever a handler throws.
   * @throws TypeError if a handler returns anything but a record or `undefined`.
   */
  async settle(index: number, { onDecryptError, onKeyAhead }: SettlePolicies): Promise<DecryptedRecord<R> | undefined> {
    const { rejection } = this.#results[index] as Rejected
    const { code } = rejection
    const isAhead = code === 'RECORD_KEY_AHEAD'
    // The record may be good: the KMS may know its key again after another restore.
    const mayBeLost = isAhead && onKeyAhead !== 'record'
    if (onDecryptError === 'skip' && !mayBeLost) return undefined
    const given = this.#batch.given[index] as R
    const snapshot = this.#batch.records[index] as RecordSnapshot
    if (onDecryptError === 'raw' && !mayBeLost && (isAhead || mayPassRaw(code))) return undecrypted<R>(snapshot)
    const error = this.#rejections.errorOf(index, rejection)
    if (typeof onDecryptError !== 'function') throw error
    const replacement = await onDecryptError(given, error)
    if (replacement === undefined) return undefined
    // The record is passed as it was when it was rejected.
    return undecrypted<R>(replacement === given ? snapshot : replaced(snapshot, replacement, index))
  }
}

/** Members that the replacement omits are kept from the record: a client stops if an offset or a partition is missing. */
function replaced(snapshot: RecordSnapshot, replacement: unknown, i: number): RecordSnapshot {
  if (typeof replacement !== 'object' || replacement === null || Array.isArray(replacement))
    throw wrong(`onDecryptError[${i}]`, 'a record or undefined', replacement)
  return snapshotRecord({ ...snapshot, ...readRecord(replacement) }, i, 'onDecryptError')
}

function undecrypted<R extends KafkaRecord>(
  snapshot: RecordSnapshot & { keyfold?: DecryptedInfo },
): DecryptedRecord<R> {
  snapshot.headers = headersThatLeave(snapshot)
  snapshot.keyfold = UNDECRYPTED
  return snapshot as unknown as DecryptedRecord<R>
}
