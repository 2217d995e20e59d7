import { isDekError, isKmsError } from '@keyfold/kms-api'

import { EncryptionClosedError } from './encryption-closed-error.ts'
import { isRecordError } from './record-error.ts'

/**
 * Returns what a log line may say about a failure: the message of an error of Keyfold, and only the name of any other. A `Kms` without layers or a selector
 * function may throw anything, and its message may quote a token.
 */
export function loggableText(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const isOwn = isKmsError(error) || isDekError(error) || isRecordError(error) || error instanceof EncryptionClosedError
  // The one fault of the options that only a record shows.
  const isOption = error instanceof TypeError && error.message.startsWith('"distrust" ')
  return isOwn || isOption ? error.message : nameOf(error)
}

function nameOf({ name }: Error): string {
  return /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) ? name : 'Error'
}
