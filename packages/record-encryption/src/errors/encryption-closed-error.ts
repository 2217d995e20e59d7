/** Reports that record encryption was used after `close()`. */
export class EncryptionClosedError extends Error {
  override readonly name = 'EncryptionClosedError'
  readonly code = 'ENCRYPTION_CLOSED'

  constructor() {
    super('record encryption is closed: close() was called before this call')
  }
}
