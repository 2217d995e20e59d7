import type { StatusFacts } from '../transport/failures.ts'
import type { Trace } from '../transport/vault-transport.ts'

/**
 * Reads what an error of the application's own client says. The SDK throws a bare `TypeError` for an error status without a body, so the status
 * may be known from the response alone.
 */
export function factsOfSdkError(error: unknown, trace: Trace): StatusFacts | undefined {
  const status = read(error, 'statusCode') ?? trace.status
  if (typeof status !== 'number' || status < 300) return undefined
  const code = identifier(read(error, 'code'))
  const inner =
    read(read(read(error, 'details'), 'error'), 'innerError') ??
    read(read(read(error, 'details'), 'error'), 'innererror')
  return { status, code: code === 'PARSE_ERROR' ? undefined : code, innerCode: identifier(read(inner, 'code')) }
}

function identifier(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(value) ? value : undefined
}

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
