import { isKmsError } from '@keyfold/kms-api'

/** Names an outcome for a message: the code of an error, the kind of anything else, never its content. */
export function describe(value: unknown): string {
  if (isKmsError(value)) return value.code
  if (value instanceof Error) {
    const code: unknown = (value as NodeJS.ErrnoException).code
    return typeof code === 'string' ? `${value.name} ${code}` : value.name
  }
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return String(value)
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
