import { ConfigError } from '@keyfold/config'
import { escapeText, isDekError, isKmsError, isProviderError } from '@keyfold/kms-api'
import { EncryptionClosedError, isRecordError } from '@keyfold/record-encryption'

import { NdjsonError } from '../ndjson/index.ts'
import { CliError } from './cli-error.ts'
import { EXIT_FAILED, EXIT_USAGE, type ExitCode } from './exit-codes.ts'
import { LocatedError } from './located-error.ts'
import { printableError } from './printable-error.ts'

/** The report of a failed run. */
export interface Failure {
  readonly exitCode: ExitCode
  readonly code: string
  /** One line, escaped. */
  readonly message: string
}

/**
 * Converts any thrown value into one line, a stable code and an exit code. Uses messages and codes only, no properties and no stack, and
 * messages only of errors that are known to contain no secret.
 */
export function describeFailure(error: unknown): Failure {
  if (error instanceof LocatedError) {
    const { exitCode, code, message } = describeFailure(error.cause)
    // An error of the text itself names its line and column.
    const line = error.line === undefined || error.cause instanceof NdjsonError ? '' : `line ${error.line}: `
    return { exitCode, code, message: `${error.place}: ${line}${message}` }
  }
  if (error instanceof CliError) return { exitCode: error.exitCode, code: error.code, message: error.message }
  if (error instanceof ConfigError) return { exitCode: EXIT_USAGE, code: 'CLI_CONFIG', message: error.message }
  if (error instanceof NdjsonError) return failed('CLI_INPUT', error.message)
  if (isKmsError(error, 'KMS_CONFIG'))
    return { exitCode: EXIT_USAGE, code: error.code, message: `kms.config: ${escapeText(error.message)}` }
  if (isProviderError(error))
    return {
      exitCode: EXIT_USAGE,
      code: error.code,
      message: escapeText(`${error.message} (${error.code})${ofLoading(error.cause)}`),
    }
  if (isRecordError(error)) return failed(error.code, `${error.message}${because(error.cause)}`)
  if (isKmsError(error) || isDekError(error) || error instanceof EncryptionClosedError)
    return failed(error.code, `${error.message} (${error.code})`)
  if (error instanceof AggregateError) return describeFailure(error.errors[0])
  return error instanceof Error ? unknown(error) : failed('UNKNOWN', 'something failed that does not say what')
}

/** An error of a provider, the system or Keyfold itself: only its name and code are safe to print. */
function unknown(error: Error): Failure {
  const { name, code, message } = printableError(error)
  return failed(code ?? name, `something failed that is not known here: ${message}`)
}

/** Adds the code of the cause; its message is for another audience. */
function because(cause: unknown): string {
  return isKmsError(cause) ? ` because of ${cause.code}` : ''
}

/** A package that does not load fails before it receives any configuration. */
function ofLoading(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : ''
}

function failed(code: string, message: string): Failure {
  return { exitCode: EXIT_FAILED, code, message: escapeText(message) }
}
