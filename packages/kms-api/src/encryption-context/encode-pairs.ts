import { Buffer } from 'node:buffer'

import { ByteWriter } from '../bytes/byte-writer.ts'
import { uvarintLength } from '../bytes/varint.ts'
import { printable } from '../errors/printable.ts'

const VERSION = 0x01
export const MAX_PAIRS = 16
export const MAX_BYTES = 4_096

/**
 * Encodes names and values, sorted by the UTF-8 bytes of the names.
 *
 * ```abnf
 * context = %x01 count *pair           ; sorted by the bytes of the names; at most 16 pairs and 4,096 bytes in all
 * pair    = length name length value   ; UTF-8
 * count   = UV ; length = UV           ; in their shortest form
 * ```
 *
 * @returns `undefined` if there is no pair.
 * @throws TypeError if a text is not well-formed, or if the encoding is too long.
 */
export function encodePairs(context: readonly (readonly [string, string])[]): Uint8Array | undefined {
  if (context.length === 0) return undefined
  const pairs = context.map(([name, value]) => ({
    name: utf8(name, 'a name'),
    value: utf8(value, `the value of ${printable(name)}`),
  }))
  pairs.sort((a, b) => Buffer.compare(a.name, b.name))
  let length = 1 + uvarintLength(pairs.length)
  for (const { name, value } of pairs) length += fieldLength(name) + fieldLength(value)
  if (length > MAX_BYTES) throw tooLarge()
  const writer = new ByteWriter(new Uint8Array(length)).u8(VERSION).uvarint(pairs.length)
  for (const { name, value } of pairs) writer.uvarint(name.length).bytes(name).uvarint(value.length).bytes(value)
  return writer.written()
}

export function tooLarge(): TypeError {
  return new TypeError(`"encryptionContext" expected at most ${MAX_BYTES} encoded bytes, got more`)
}

function utf8(text: string, what: string): Buffer {
  if (!text.isWellFormed())
    throw new TypeError(`"encryptionContext" expected well-formed text, got a lone surrogate in ${what}`)
  return Buffer.from(text, 'utf8')
}

function fieldLength(bytes: Uint8Array): number {
  return uvarintLength(bytes.length) + bytes.length
}
