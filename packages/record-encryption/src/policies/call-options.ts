import { describeType } from '@keyfold/kms-api'

import type { CallOptions } from '../types.ts'
import { NotPlainError } from './not-plain-error.ts'
import { shallowCopy } from './plain-copy.ts'

const MEMBERS: ReadonlySet<string> = new Set<keyof CallOptions>(['signal'])
const NONE: CallOptions = Object.freeze({ signal: undefined })

/** Reads the options of one call, each member once. @throws TypeError for an option that is wrong or unknown. */
export function readCallOptions(given: unknown): CallOptions {
  if (given === undefined) return NONE
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new NotPlainError([], `expected an object, got ${describeType(given)}`)
  const options = shallowCopy(given, []) as CallOptions
  const unknown = Object.keys(options).find((name) => !MEMBERS.has(name))
  if (unknown !== undefined) throw new NotPlainError([unknown], 'expected to be absent: there is no such option')
  if (options.signal !== undefined && !isSignal(options.signal))
    throw new NotPlainError(['signal'], `expected an AbortSignal, got ${describeType(options.signal)}`)
  return options
}

/** Accepts signals of other realms. */
function isSignal(value: unknown): value is AbortSignal {
  if (value instanceof AbortSignal) return true
  const signal = value as Partial<AbortSignal> | null
  return typeof signal === 'object' && signal !== null && typeof signal.throwIfAborted === 'function'
}
