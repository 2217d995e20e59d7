import { isKmsError, type KmsError, type KmsErrorCode } from '@keyfold/kms-api'

import { ClauseError } from './clause-error.ts'
import { describe } from './describe.ts'
import { expectThat } from './expect.ts'
import { outcomeOf } from './outcome.ts'

/** Expects a call to reject with a `KmsError` of one of these codes, and returns the error. */
export async function expectKmsError(
  call: () => Promise<unknown>,
  codes: readonly KmsErrorCode[],
  what: string,
): Promise<KmsError> {
  const outcome = await outcomeOf(call, what)
  expectThat(outcome.failed, `${what} expected ${codes.join(' or ')}, got success`)
  return checkKmsError(outcome.error, codes, what)
}

/** Expects an error to be a `KmsError` of one of these codes. */
export function checkKmsError(error: unknown, codes: readonly KmsErrorCode[], what: string): KmsError {
  const expected = `${what} expected ${codes.join(' or ')}, got ${describe(error)}`
  expectThat(isKmsError(error), expected, error)
  expectThat(codes.includes(error.code), expected, error)
  return error
}

/** Expects a call to reject with a `TypeError`. */
export async function expectTypeError(call: () => Promise<unknown>, what: string): Promise<void> {
  const outcome = await outcomeOf(call, what)
  expectThat(outcome.failed, `${what} expected a TypeError, got success`)
  expectThat(
    outcome.error instanceof TypeError,
    `${what} expected a TypeError, got ${describe(outcome.error)}`,
    outcome.error,
  )
}

/** Expects a synchronous call to throw a `KmsError` of this code, and returns the error. */
export function expectThrown(call: () => unknown, code: KmsErrorCode, what: string): KmsError {
  try {
    call()
  } catch (error) {
    return checkKmsError(error, [code], what)
  }
  throw new ClauseError(`${what} expected ${code}, got success`)
}
