/** A response of an error status, in the words of Key Vault. */
export class KeyVaultError extends Error {
  readonly status: number
  readonly code: string
  readonly innerCode: string | undefined

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message)
    this.status = status
    this.code = code
    this.innerCode = innerCode
  }

  /** The body of the response. */
  toBody(): object {
    const { code, innerCode, message } = this
    return { error: { code, message, ...(innerCode !== undefined && { innererror: { code: innerCode } }) } }
  }
}
