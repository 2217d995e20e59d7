import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { decodeBase64 } from './base64.ts'

/** The base64 of 32 bytes: 43 characters and one of padding. */
const LENGTH = 44
const KEY_LENGTH = 32
const QUOTE = 0x22
const PADDING = 0x3d
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The value of each character of base64; 255 for every other byte. */
const VALUES = new Uint8Array(256).fill(255)
for (let value = 0; value < ALPHABET.length; value++) VALUES[ALPHABET.charCodeAt(value)] = value

/** A JSON document, and the key that was cut out of it. */
export interface JsonWithKey {
  /** The document, with a random text in place of the key. */
  readonly json: unknown
  /** The key, in memory of its own, which belongs to the caller. 32 bytes, unless the KMS sent another length. */
  readonly key: Uint8Array
}

/**
 * Parses a JSON response that holds a key in base64, without ever putting the key in a string, which could not be zeroed.
 *
 * The base64 is cut out of the bytes before they are parsed, in a way that cannot disagree with the parser: there must be exactly one JSON string
 * of 44 canonical characters. A random placeholder takes its place, and after parsing it must stand at `path`. Whatever a plain search would
 * mistake (a duplicate member, another object, an escaped name) leaves the placeholder elsewhere, and the document is rejected.
 *
 * A document without such a string is parsed as it is, because a key of another length is a fact about the EDEK.
 *
 * @param body - zeroed in every case.
 * @param path - the members that lead to the key: `['data', 'plaintext']`.
 * @returns `undefined` unless the document is JSON with a key at `path`.
 */
export function parseJsonWithKey(body: Uint8Array, path: readonly string[]): JsonWithKey | undefined {
  let key: Uint8Array | undefined
  try {
    const [at, another] = candidatesIn(body)
    if (another !== undefined) return undefined
    if (at === undefined) return withoutCandidate(parse(body), path)
    key = decode(body, at)
    const placeholder = randomBytes((LENGTH / 4) * 3).toString('base64')
    Buffer.from(body.buffer, body.byteOffset, body.length).write(placeholder, at, 'latin1')
    const json = parse(body)
    if (memberAt(json, path) !== placeholder) return undefined
    const parsed = { json, key }
    key = undefined
    return parsed
  } finally {
    key?.fill(0)
    body.fill(0)
  }
}

/**
 * Writes a JSON document that holds a key of 32 bytes in base64, without the key ever being in a string.
 *
 * @param document - returns the document, given the text that stands for the key.
 * @returns UTF-8, in memory of its own, which the caller zeroes when it was sent.
 */
export function writeJsonWithKey(key: Uint8Array, document: (key: string) => object): Uint8Array {
  if (key.length !== KEY_LENGTH) throw new RangeError(`"key" expected ${KEY_LENGTH} bytes, got length=${key.length}`)
  const placeholder = randomBytes((LENGTH / 4) * 3).toString('base64')
  const text = JSON.stringify(document(placeholder))
  const bytes = Buffer.from(new ArrayBuffer(Buffer.byteLength(text)))
  bytes.write(text)
  encode(key, bytes, bytes.indexOf(placeholder))
  return bytes
}

/** Returns where the first two strings begin that are the base64 of 32 bytes in canonical form. */
function candidatesIn(body: Uint8Array): number[] {
  const found: number[] = []
  for (let end = body.indexOf(QUOTE, LENGTH + 1); end !== -1 && found.length < 2; end = body.indexOf(QUOTE, end + 1)) {
    const at = end - LENGTH
    if (body[at - 1] === QUOTE && body[end - 1] === PADDING && isCanonical(body, at)) found.push(at)
  }
  return found
}

function isCanonical(body: Uint8Array, at: number): boolean {
  let last = 0
  for (let i = 0; i < LENGTH - 1; i++) {
    last = VALUES[body[at + i] as number] as number
    if (last > 63) return false
  }
  // The last character holds four bits.
  return (last & 3) === 0
}

function decode(body: Uint8Array, at: number): Uint8Array {
  const key = new Uint8Array(new ArrayBuffer(KEY_LENGTH))
  let bits = 0
  for (let i = 0, written = 0; i < LENGTH - 1; i++) {
    bits = (bits << 6) | (VALUES[body[at + i] as number] as number)
    // After n characters there are 6n bits: a byte is complete unless n is 1 more than a multiple of 4.
    if (i % 4 === 0) continue
    const left = 6 - 2 * (i % 4)
    key[written++] = bits >> left
    bits &= (1 << left) - 1
  }
  return key
}

function encode(key: Uint8Array, into: Uint8Array, at: number): void {
  for (let i = 0; i < LENGTH - 1; i++) {
    const bit = i * 6
    const pair = ((key[bit >> 3] as number) << 8) | (key[(bit >> 3) + 1] ?? 0)
    into[at + i] = ALPHABET.charCodeAt((pair >> (10 - (bit & 7))) & 63)
  }
  into[at + LENGTH - 1] = PADDING
}

/** A string of 44 characters here was written with escapes: that is another spelling of a key, not a key of another length. */
function withoutCandidate(json: unknown, path: readonly string[]): JsonWithKey | undefined {
  const text = memberAt(json, path)
  const key = typeof text === 'string' ? decodeBase64(text) : undefined
  if (key === undefined || key.length === KEY_LENGTH) {
    key?.fill(0)
    return undefined
  }
  return { json, key }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body)) as unknown
  } catch {
    return undefined
  }
}

function memberAt(json: unknown, path: readonly string[]): unknown {
  let value = json
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
