/** Too many bytes wait for the key management system. Nothing of the send was encrypted or sent. */
export class SendQueueFullError extends Error {
  override readonly name = 'SendQueueFullError'
  readonly code = 'SEND_QUEUE_FULL'
  readonly topics: readonly string[]

  constructor(topics: readonly string[], waitingBytes: number, maxBytes: number) {
    super(
      `records for ${topics.map((topic) => `"${topic}"`).join(', ')} were not sent: ${waitingBytes} bytes already wait to be encrypted, and at most ${maxBytes} may; await sends, or send again when the key management system responds`,
    )
    this.topics = topics
  }
}
