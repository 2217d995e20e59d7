import { Buffer } from 'node:buffer'

import { ByteWriter } from '../bytes/byte-writer.ts'
import { uvarintLength } from '../bytes/varint.ts'
import type { EncryptionContext } from '../contract/kms.ts'
import { describeType } from '../errors/describe-type.ts'
import { printable } from '../errors/printable.ts'

const VERSION = 0x01
const MAX_PAIRS = 16
const MAX_BYTES = 4_096

/**
 * Encodes an encryption context as the bytes that a KMS binds. Two contexts are equal exactly when their bytes are. The caller owns the result.
 *
 * ```abnf
 * context = %x01 count *pair           ; sorted by the bytes of the names; at most 16 pairs and 4,096 bytes in all
 * pair    = length name length value   ; UTF-8
 * count   = UV ; length = UV           ; in their shortest form
 * ```
 *
 * @returns `undefined` for `undefined` and for `{}`, which count as absent.
 * @throws TypeError when the context is no plain object of well-formed strings, or is too large.
 */
export function encodeEncryptionContext(context: EncryptionContext | undefined): Uint8Array | undefined {
  if (context === undefined) return undefined
  const pairs = pairsOf(context)
  if (pairs.length === 0) return undefined
  pairs.sort((a, b) => Buffer.compare(a.name, b.name))
  let length = 1 + uvarintLength(pairs.length)
  for (const { name, value } of pairs) length += fieldLength(name) + fieldLength(value)
  if (length > MAX_BYTES) throw tooLarge()
  const writer = new ByteWriter(new Uint8Array(length)).u8(VERSION).uvarint(pairs.length)
  for (const { name, value } of pairs) writer.uvarint(name.length).bytes(name).uvarint(value.length).bytes(value)
  return writer.written()
}

function pairsOf(context: unknown): { name: Buffer; value: Buffer }[] {
  if (!isPlainObject(context))
    throw new TypeError(`"encryptionContext" expected a plain object, got ${describeType(context)}`)
  const names = Reflect.ownKeys(context)
  if (names.length > MAX_PAIRS)
    throw new TypeError(`"encryptionContext" expected at most ${MAX_PAIRS} pairs, got ${names.length}`)
  let characters = 0
  return names.map((name) => {
    if (typeof name === 'symbol')
      throw new TypeError('"encryptionContext" expected names that are strings, got a symbol')
    const value = (context as Record<string, unknown>)[name]
    if (typeof value !== 'string')
      throw new TypeError(`"encryptionContext[${printable(name)}]" expected a string, got ${describeType(value)}`)
    // UTF-8 is never shorter than the string: nothing large is encoded before it is refused.
    characters += name.length + value.length
    if (characters > MAX_BYTES) throw tooLarge()
    return { name: utf8(name, 'a name'), value: utf8(value, `the value of ${printable(name)}`) }
  })
}

function utf8(text: string, what: string): Buffer {
  if (/\p{Surrogate}/u.test(text))
    throw new TypeError(`"encryptionContext" expected well-formed text, got a lone surrogate in ${what}`)
  return Buffer.from(text, 'utf8')
}

/** A map or an instance of a class would silently count as empty. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // The second look accepts the plain objects of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function fieldLength(bytes: Uint8Array): number {
  return uvarintLength(bytes.length) + bytes.length
}

function tooLarge(): TypeError {
  return new TypeError(`"encryptionContext" expected at most ${MAX_BYTES} encoded bytes, got more`)
}
