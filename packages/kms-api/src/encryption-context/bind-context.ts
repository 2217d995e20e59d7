import { types } from 'node:util'

import type { EncryptionContext } from '../contract/kms.ts'
import { describeType } from '../errors/describe-type.ts'
import { printable } from '../errors/printable.ts'
import { encodePairs, MAX_BYTES, MAX_PAIRS, tooLarge } from './encode-pairs.ts'

/**
 * One plain copy of a caller's encryption context, with its encoding. The copy is made once, so the cache key, the request and the check of the
 * EDEK cannot see different contexts.
 */
export interface BoundContext {
  /** The names and values. Frozen; the members are plain, own and enumerable. */
  readonly pairs: EncryptionContext
  /** The bytes of `encodeEncryptionContext`, for a KMS that binds bytes. Must not be changed. */
  readonly bytes: Uint8Array
}

/** The names of the members that a plain object inherits, in every realm. */
const INHERITED = new Set(Reflect.ownKeys(Object.prototype))

/**
 * Copies an encryption context and encodes it. No code of the caller runs: the members are read through their descriptors.
 *
 * @returns `undefined` for `undefined` and for `{}`, which count as absent.
 * @throws TypeError if the context is not a plain object whose members are all own, enumerable, well-formed strings, or if it is too large.
 */
export function bindContext(context: EncryptionContext | undefined): BoundContext | undefined {
  if (context === undefined) return undefined
  const pairs = copyOf(context)
  const bytes = encodePairs(Object.entries(pairs))
  return bytes === undefined ? undefined : { pairs, bytes }
}

function copyOf(context: unknown): EncryptionContext {
  if (!isPlainObject(context))
    throw new TypeError(`"encryptionContext" expected a plain object, got ${describeType(context)}`)
  const names = Reflect.ownKeys(context)
  if (names.length > MAX_PAIRS)
    throw new TypeError(`"encryptionContext" expected at most ${MAX_PAIRS} pairs, got ${names.length}`)
  for (const name in context) {
    if (!Object.hasOwn(context, name)) throw wrongMember(name, 'a member of its own', 'an inherited one')
  }
  let characters = 0
  const copy = names.map((name): [string, string] => {
    if (typeof name === 'symbol')
      throw new TypeError('"encryptionContext" expected names that are strings, got a symbol')
    const value = valueOf(context, name)
    // UTF-8 is never shorter than the string, so nothing large is encoded before it is rejected.
    characters += name.length + value.length
    if (characters > MAX_BYTES) throw tooLarge()
    return [name, value]
  })
  return Object.freeze(Object.fromEntries(copy))
}

function valueOf(context: object, name: string): string {
  const member = Object.getOwnPropertyDescriptor(context, name)
  if (member === undefined || !('value' in member)) throw wrongMember(name, 'a string', 'a computed member')
  if (member.enumerable !== true) throw wrongMember(name, 'an enumerable member', 'a hidden one')
  const value: unknown = member.value
  if (typeof value !== 'string') throw wrongMember(name, 'a string', describeType(value))
  return value
}

/** Returns whether `value` is a plain object, of this realm or another. A map or an instance of a class would silently count as empty. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  if (types.isProxy(prototype) || Object.getPrototypeOf(prototype) !== null) return false
  const members = Reflect.ownKeys(prototype as object)
  return members.length === INHERITED.size && members.every((name) => INHERITED.has(name))
}

function wrongMember(name: string, expected: string, got: string): TypeError {
  return new TypeError(`"encryptionContext[${printable(name)}]" expected ${expected}, got ${got}`)
}
