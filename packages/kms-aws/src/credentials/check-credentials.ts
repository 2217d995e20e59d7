import { KmsConfigError } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'

/** Access keys and tokens are visible ASCII; anything else cannot stand in a header. */
const FOREIGN = /[^\x21-\x7e]/

/**
 * Cuts one final line break, which editors, `echo` and YAML block scalars leave behind.
 *
 * @param path - the field or variable, for the message; the value is never repeated.
 * @throws KmsConfigError `KMS_CONFIG` for a value with another line break or a character that no access key has.
 */
export function cleanSecret(value: string, path: string): string {
  const secret = value.replace(/\r?\n$/, '')
  if (secret === '') throw wrong(path, 'a non-empty string', 'an empty one')
  if (/[\r\n]/.test(secret)) throw wrong(path, 'one line', 'a value with a line break in it')
  if (FOREIGN.test(secret)) throw wrong(path, 'visible ASCII characters', 'a value with a space or another character')
  return secret
}

function wrong(path: string, expected: string, got: string): KmsConfigError {
  return new KmsConfigError(path, `expected ${expected}, got ${got}`, { provider: PROVIDER, operation: 'create' })
}
