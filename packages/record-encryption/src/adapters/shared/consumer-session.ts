import type { Clock } from '@keyfold/kms-api'

import { adapterContextOf, decryptEach, type AdapterContext } from '../../decrypt/decrypt-each.ts'
import type { DecryptOutcomes, SettlePolicies } from '../../decrypt/decrypt-outcomes.ts'
import { codeOf } from '../../errors/code-of.ts'
import { loggableText } from '../../errors/loggable-text.ts'
import { isRecordError, type RecordError } from '../../errors/record-error.ts'
import type { KafkaRecord } from '../../records/kafka-record.ts'
import type { RecordEncryption } from '../../types.ts'
import type { FetchedMessage } from './client-types.ts'
import { retriableError } from './handler-error.ts'
import { HeldPartitions } from './held-partitions.ts'
import { toFetchedRecord, toOpenedMessage } from './opened-message.ts'
import { callPatiently, keepAlive, type PatientResult, type Pulse } from './patient-call.ts'
import { PauseLedger } from './pause-ledger.ts'
import { SettledRecords } from './settled-records.ts'
import { Warnings } from './warnings.ts'

/** Where the records that are worked on came from. */
export interface Source {
  readonly topic: string
  readonly partition: number
}

/** Sends a dead letter through the client below a wrapper. Resolves when the broker has acknowledged it. */
export type SendDeadLetter = (source: Source, message: FetchedMessage, error: RecordError) => Promise<void>

/** Records of one partition that were decrypted ahead. */
export type Outcomes = DecryptOutcomes<KafkaRecord>

/** What a wrapped consumer keeps for as long as it lives: policies, paused partitions, records that have a dead letter. */
export class ConsumerSession {
  readonly ledger = new PauseLedger()
  readonly settled = new SettledRecords()
  readonly #encryption: RecordEncryption
  readonly #context: AdapterContext
  readonly #policies: SettlePolicies
  readonly #sendDeadLetter: SendDeadLetter | undefined
  readonly #held: HeldPartitions
  readonly #warnings: Warnings
  #stopping = new AbortController()

  constructor(encryption: RecordEncryption, sendDeadLetter: SendDeadLetter | undefined) {
    this.#encryption = encryption
    this.#context = adapterContextOf(encryption)
    const { policies, clock, logger } = this.#context
    // Somebody who names a place for rejected records wants them there, also those that would be left out.
    const skips = sendDeadLetter !== undefined && policies.onDecryptError === 'skip'
    this.#policies = skips ? { ...policies, onDecryptError: 'throw' } : policies
    this.#sendDeadLetter = sendDeadLetter
    this.#held = new HeldPartitions(clock, this.ledger)
    this.#warnings = new Warnings(clock, logger)
  }

  get clock(): Clock {
    return this.#context.clock
  }

  /** Aborted when the consumer stops. */
  get stopped(): AbortSignal {
    return this.#stopping.signal
  }

  /** Readies the session for another `run`. */
  start(): void {
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController()
  }

  /** Forgets pauses and ends timers: the client starts again without pauses. */
  restarted(): void {
    this.#held.clear()
    this.ledger.clear()
  }

  /** Ends calls in flight and all timers. */
  stop(): void {
    this.#stopping.abort(new Error('the consumer was stopped'))
    this.restarted()
  }

  /**
   * Decrypts messages, with heartbeats, and waits out a short outage.
   *
   * @param patience - `forever` waits out every outage, for a handler that cannot return without resolving its record.
   * @returns undefined where the consumer was stopped or, after an outage, the partition was paused: nothing more of it may be handled.
   * @throws what `heartbeat` throws, such as that the group rebalances.
   */
  async decrypt(
    source: Source,
    messages: readonly FetchedMessage[],
    pulse: Pulse,
    pause: (() => () => void) | 'forever',
  ): Promise<Outcomes | undefined> {
    const { topic, partition } = source
    const records = messages.map((message) => toFetchedRecord(message, partition))
    for (;;) {
      const again = this.#held.outages(topic, partition) > 0 && pause !== 'forever'
      const call = (signal: AbortSignal): Promise<Outcomes> => decryptEach(this.#encryption, topic, records, { signal })
      const result = await callPatiently(this.#context.clock, call, pulse, again)
      if (result.kind === 'stopped') return undefined
      if (result.kind === 'done') {
        this.#held.recovered(topic, partition)
        return result.value
      }
      if (pause !== 'forever') {
        this.#hold(source, result, pause)
        return undefined
      }
      this.#warn(source, result, 'the record is held until the key management system responds')
      await keepAlive(this.clock, new Promise(() => undefined), pulse, deadline(this.clock, 1_000))
      if (!pulse.isActive()) return undefined
    }
  }

  /** Returns the message for the record at `index` if it was not rejected. Synchronous: most records are not. */
  openedAt(outcomes: Outcomes, index: number, message: FetchedMessage): FetchedMessage | undefined {
    const record = outcomes.recordAt(index)
    return record === undefined ? undefined : toOpenedMessage(message, record)
  }

  /**
   * Settles the rejected record at `index` when its turn comes.
   *
   * @returns the message that the handler gets; undefined for one that it does not get: it was left out, or has a dead letter.
   * @throws RecordError where the policies say so; an error that the client retries for everything else.
   */
  async settle(
    source: Source,
    outcomes: Outcomes,
    index: number,
    message: FetchedMessage,
    pulse: Pulse,
  ): Promise<FetchedMessage | undefined> {
    const { offset, timestamp } = message
    const place = { ...source, offset, timestamp }
    if (this.settled.has(place)) return undefined
    try {
      const replacement = await outcomes.settle(index, this.#policies)
      return replacement === undefined ? undefined : toOpenedMessage(message, replacement)
    } catch (error) {
      if (this.#sendDeadLetter === undefined || !isRecordError(error)) throw retriableError(error, describe(place))
      await this.#bury(this.#sendDeadLetter, source, message, error, pulse)
      return undefined
    }
  }

  /** Logs that a handler failed at a record: the client's own line names the first record of the fetch. */
  handlerFailed({ topic, partition }: Source, { offset }: FetchedMessage, error: unknown): void {
    const name = error instanceof Error ? error.name : typeof error
    this.#warnings.warn(topic, 'HANDLER', { partition, offset, error: name }, `the handler failed at offset ${offset}`)
  }

  async #bury(
    send: SendDeadLetter,
    source: Source,
    message: FetchedMessage,
    error: RecordError,
    pulse: Pulse,
  ): Promise<void> {
    const { offset, timestamp } = message
    // Also where the group rebalances meanwhile: it has been sent.
    const sending = send(source, message, error).then(() => {
      this.settled.add({ ...source, offset, timestamp })
    })
    await keepAlive(this.clock, sending, { ...pulse, isActive: () => true })
    try {
      await sending
    } catch (cause) {
      throw retriableError(cause, `the dead letter of ${describe({ ...source, offset })}`)
    }
  }

  #hold(source: Source, result: PatientResult<Outcomes> & { kind: 'outage' }, pause: () => () => void): void {
    const { topic, partition } = source
    const resume = pause()
    const delayMs = this.#held.hold(topic, partition, resume, result)
    this.#warn(source, result, `the partition is paused and tried again in ${delayMs} ms`)
  }

  #warn(
    { topic, partition }: Source,
    { error, slow }: PatientResult<Outcomes> & { kind: 'outage' },
    what: string,
  ): void {
    const code = isRecordError(error) ? error.code : error === undefined ? 'KMS_TIMEOUT' : codeOf(error)
    const why = error === undefined ? 'the key management system has not responded yet' : loggableText(error)
    const message = `records of topic "${topic}", partition ${partition}, cannot be decrypted: ${why}; ${what}`
    this.#warnings.warn(topic, code, { partition, permanent: slow }, message)
  }
}

function deadline(clock: Clock, ms: number): () => number {
  const end = clock.monotonic() + ms
  return () => end - clock.monotonic()
}

function describe({ topic, partition, offset }: Source & { readonly offset: string }): string {
  return `record ${topic}/${partition}@${offset}`
}
