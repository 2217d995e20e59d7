import { Buffer } from 'node:buffer'

import { isKeyName } from '../keys/key-name.ts'
import { decodeEdek } from './decode-edek.ts'
import { parseCiphertext } from './parse-ciphertext.ts'

/** What an EDEK says in its one canonical form. */
export interface NamedKek {
  readonly bound: boolean
  readonly keyName: string
  /** The version of the key that wrapped it. */
  readonly version: string
  /** What Vault takes to open it. */
  readonly ciphertext: string
}

/** Reads which key an EDEK names, by the grammar of names and ciphertexts. `undefined` for bytes that are no EDEK of one canonical form. */
export function readKek(edek: Uint8Array): NamedKek | undefined {
  const fields = decodeEdek(edek)
  if (fields === undefined || !isKeyName(fields.keyName)) return undefined
  const ciphertext = Buffer.from(fields.ciphertext).toString('latin1')
  const version = parseCiphertext(ciphertext)?.version
  return version === undefined ? undefined : { bound: fields.bound, keyName: fields.keyName, version, ciphertext }
}
