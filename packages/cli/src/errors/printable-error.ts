import { ConfigError } from '@keyfold/config'
import { isDekError, isKmsError, isProviderError } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'
import { EncryptionClosedError, isRecordError } from '@keyfold/record-encryption'

import { NdjsonError } from '../ndjson/index.ts'
import { CliError } from './cli-error.ts'

/** What may be printed of an error. */
export interface PrintableError {
  readonly name: string
  readonly code?: string | undefined
  readonly message: string
}

/**
 * Takes of an error what no secret can be in: the message and the code where its class is known to hold none, and else only what tells faults apart
 * (name, code, system call), for any text may be of a vendor.
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
