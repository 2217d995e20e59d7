import { brand, isBranded } from './brand.ts'
import type { ProviderErrorCode } from './codes.ts'

const MARK = '@keyfold/kms-api/ProviderError'

/** A provider package could not be loaded. The message says what to do. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly code: ProviderErrorCode
  /** The name that was asked for. */
  readonly providerName: string

  constructor(
    code: ProviderErrorCode,
    providerName: string,
    message: string,
    options?: { readonly cause?: Error | undefined },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.providerName = providerName
  }

  static {
    brand(this.prototype, MARK)
  }
}

/** Returns whether `error` is a {@link ProviderError}, of this copy of the package or another, and of `code` where one is given. */
export function isProviderError(error: unknown, code?: ProviderErrorCode): error is ProviderError {
  return isBranded(error, MARK) && (code === undefined || (error as ProviderError).code === code)
}
