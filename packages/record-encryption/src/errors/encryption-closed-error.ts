/** Record encryption was used after `close()`. */
export class EncryptionClosedError extends Error {
  override readonly name = 'EncryptionClosedError'
  readonly code = 'ENCRYPTION_CLOSED'

  constructor() {
    super('record encryption was closed; it expected to be used before close()')
  }
}
