import type { EncryptionContext, KmsCallOptions } from '../../contract/kms.ts'
import { describeType } from '../../errors/describe-type.ts'

/** The options of one call, each read once. The context is not checked yet. */
export interface CallOptions {
  readonly signal: AbortSignal | undefined
  readonly encryptionContext: EncryptionContext | undefined
  readonly contextRead: 'require' | 'if-present'
  readonly correlationId: string | undefined
}

/** Reads the options that a provider needs. @throws TypeError if one is of the wrong type. */
export function readCallOptions(options: KmsCallOptions | undefined): CallOptions {
  if (options !== undefined && (typeof options !== 'object' || (options as unknown) === null))
    throw new TypeError(`"options" expected an object, got ${describeType(options)}`)
  const { signal, encryptionContext, contextRead = 'require', correlationId } = options ?? {}
  if (signal !== undefined && !isSignal(signal))
    throw new TypeError(`"signal" expected an AbortSignal, got ${describeType(signal)}`)
  if (contextRead !== 'require' && (contextRead as unknown) !== 'if-present')
    throw new TypeError(`"contextRead" expected "require" or "if-present", got ${describeType(contextRead)}`)
  if (correlationId !== undefined && typeof correlationId !== 'string')
    throw new TypeError(`"correlationId" expected a string, got ${describeType(correlationId)}`)
  return { signal, encryptionContext, contextRead, correlationId }
}

/** Not `instanceof`, which fails for the signal of another realm, for example in Jest. */
function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false
  const { aborted, addEventListener } = value as Partial<AbortSignal>
  return typeof aborted === 'boolean' && typeof addEventListener === 'function'
}
