import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'

/** Fields of an EDEK as the vectors write them. */
export interface VectorFields {
  readonly tagBits: number
  readonly ivHex: string
  readonly kekUuid: string
  readonly wrappedHex?: string
}

/** A case of kroxylicious-edeks.json; vectors/README.md explains the kinds. */
export interface EdekVector {
  readonly id: string
  readonly kind: 'valid' | 'refused-fields' | 'writer-quirk' | 'read-accepted' | 'read-refused'
  readonly what?: string
  readonly hex?: string
  readonly fields: VectorFields
  readonly readsBackAs?: VectorFields
}

/** Reads a file of the folder vectors; its shape is the caller's to know. */
export function readVectors(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`vectors/${name}`, import.meta.url), 'utf8'))
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}
