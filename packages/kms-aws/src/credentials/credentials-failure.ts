import type { KmsError } from '@keyfold/kms-api'

import type { SourceFailure } from './source-failure.ts'

/** No credentials could be obtained. Internal: it tells a failure of the credentials from one of the request that needs them. */
export class CredentialsFailure extends Error {
  override readonly name = 'CredentialsFailure'
  override readonly cause: SourceFailure | KmsError

  constructor(cause: SourceFailure | KmsError) {
    super('no credentials')
    this.cause = cause
  }
}
