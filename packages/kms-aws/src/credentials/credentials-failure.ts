/** No credentials could be had. Internal: it tells a failure of the credentials from one of the request that needs them. */
export class CredentialsFailure extends Error {
  override readonly name = 'CredentialsFailure'

  /** @param cause - whatever was thrown; never passed on as it is. */
  constructor(cause: unknown) {
    super('no credentials', { cause })
  }
}
