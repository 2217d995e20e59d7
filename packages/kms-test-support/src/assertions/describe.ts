import { isKmsError } from '@keyfold/kms-api'

/** Names an outcome for a message: the code of an error, the kind of anything else, never its content. */
export function describe(value: unknown): string {
  if (isKmsError(value)) return value.reason === undefined ? value.code : `${value.code} (${value.reason})`
  if (value instanceof Error) {
    const code: unknown = (value as { readonly code?: unknown }).code
    // A number is a vendor's: of PKCS#11, or of gRPC.
    return typeof code === 'string' || typeof code === 'number' ? `${value.name} ${code}` : value.name
  }
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return String(value)
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
