import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'

import type { KeyType } from '../src/keys/key-type.ts'

/** A case of kroxylicious-edeks.json; vectors/README.md explains the kinds. */
export interface EdekVector {
  readonly id: string
  readonly kind: 'valid' | 'refused-fields' | 'writer-quirk' | 'read-accepted' | 'read-refused'
  readonly what?: string
  readonly hex?: string
  readonly fields?: {
    readonly keyName: string
    readonly vaultName: string
    readonly keyType: KeyType
    readonly keyVersion: string
    readonly wrappedHex: string
  }
  readonly sameBytesAgain?: boolean
}

/** Reads a file of the folder vectors; its shape is the caller's to know. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8'))
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
