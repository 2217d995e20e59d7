import { brand, isBranded } from './brand.ts'
import type { DekErrorCode } from './codes.ts'

const MARK = '@keyfold/kms-api/DekError'

const MESSAGES: Record<DekErrorCode, string> = {
  DEK_DESTROYED: 'the DEK was destroyed; use it before destroy()',
  DEK_CLAIMED: 'the DEK must be claimed exactly once, for a purpose that allows this use',
  DEK_EXHAUSTED: 'the DEK has sealed as much as it may; generate another',
  DEK_DECRYPT_ONLY: 'the DEK was unwrapped from an EDEK and only decrypts; generate another to encrypt',
  DEK_SNAPSHOT:
    'no DEK can be made while a start-up snapshot is built: every process started from it would repeat its IVs',
}

/** Reports that a DEK was used in a way that it forbids: a fault of the calling code, not of data or of the KMS. */
export class DekError extends Error {
  override readonly name = 'DekError'
  readonly code: DekErrorCode

  constructor(code: DekErrorCode) {
    super(MESSAGES[code])
    this.code = code
  }

  static {
    brand(this.prototype, MARK)
  }
}

/** Returns whether `error` is a {@link DekError}, of this copy of the package or another, and of `code` where one is given. */
export function isDekError(error: unknown, code?: DekErrorCode): error is DekError {
  return isBranded(error, MARK) && (code === undefined || (error as DekError).code === code)
}
