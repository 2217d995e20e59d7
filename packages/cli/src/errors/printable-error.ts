import { ConfigError } from '@keyfold/config'
import { isDekError, isKmsError, isProviderError } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'
import { EncryptionClosedError, isRecordError } from '@keyfold/record-encryption'

import { NdjsonError } from '../ndjson/index.ts'
import { CliError } from './cli-error.ts'

/** The printable parts of an error. */
export interface PrintableError {
  readonly name: string
  readonly code?: string | undefined
  readonly message: string
}

/**
 * Returns the parts of an error that cannot contain a secret: message and code if its class is known to contain none, otherwise only
 * name, code and system call, because any text may come from a vendor.
 */
export function printableError(error: Error): PrintableError {
  const { name, message } = error
  if (isKnown(error)) {
    const { code } = error as Error & { readonly code?: string }
    return { name, message, ...(code !== undefined && { code }) }
  }
  const facts = sanitizeCause(error) as Error & { readonly code?: string }
  return {
    name: facts.name,
    message: `${facts.name} (${facts.message})`,
    ...(facts.code !== undefined && { code: facts.code }),
  }
}

function isKnown(error: Error): boolean {
  if (
    error instanceof CliError ||
    error instanceof ConfigError ||
    error instanceof NdjsonError ||
    error instanceof EncryptionClosedError
  )
    return true
  return isKmsError(error) || isDekError(error) || isProviderError(error) || isRecordError(error)
}
