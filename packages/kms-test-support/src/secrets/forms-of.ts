import { Buffer } from 'node:buffer'

/** Shorter secrets would be found in any sentence. */
const MIN_CHARACTERS = 6

/** Returns the forms in which a secret may show: as it is, base64, base64url, hex, percent-encoded, and the bytes as Node prints them. */
export function formsOf(secret: string | Uint8Array): readonly string[] {
  const bytes = typeof secret === 'string' ? Buffer.from(secret, 'utf8') : Buffer.from(secret)
  const hex = bytes.toString('hex')
  const forms = [
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    hex,
    hex.toUpperCase(),
    (hex.match(/../g) ?? []).slice(0, 16).join(' '),
    ...numbers(bytes.subarray(0, 16)),
    ...(typeof secret === 'string' ? [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)] : []),
  ]
  return [...new Set(forms)].filter((form) => form.length >= MIN_CHARACTERS)
}

/** Bytes as lists of numbers: as Node prints them, and as JSON writes a Buffer and a typed array. */
function numbers(bytes: Uint8Array): readonly string[] {
  return [[...bytes].join(', '), [...bytes].join(','), JSON.stringify(Object.fromEntries(bytes.entries())).slice(1, -1)]
}
