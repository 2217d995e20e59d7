/** A record that kafkajs dropped. */
export interface RecordNotSent {
  readonly topic: string
  /** Position among the messages of the topic. */
  readonly index: number
  /** The partition that the message names; undefined if a partitioner chose it. */
  readonly partition?: number | undefined
}

/**
 * kafkajs dropped records in silence, because their partition does not exist. The other records of the send did arrive.
 */
export class RecordsNotSentError extends Error {
  override readonly name = 'RecordsNotSentError'
  readonly code = 'RECORDS_NOT_SENT'
  readonly notSent: readonly RecordNotSent[]

  constructor(notSent: readonly RecordNotSent[], total: number) {
    const [first] = notSent
    const place = first === undefined ? '' : `"${first.topic}", message ${first.index}`
    const partition = first?.partition === undefined ? 'its partition' : `partition ${first.partition}`
    super(
      `${notSent.length} of ${total} records were not sent: kafkajs dropped them because their partition does not exist; the first: ${place}, ${partition}. Do not copy "partition" from a received message`,
    )
    this.notSent = notSent
  }
}
