import { Buffer } from 'node:buffer'

/** Nesting that a line or a value may have: what reads it after us may be recursive. Same as Jackson's default. */
export const MAX_DEPTH = 1000

/** What one pass over a JSON text sees without parsing it. */
export interface TextScan {
  /** Deepest nesting of objects and arrays. */
  readonly depth: number
  /** How many strings, member names included. */
  readonly strings: number
  /** How many bytes of insignificant whitespace. */
  readonly spaces: number
  /** Whether a top-level member may be a number with a fraction or an exponent. */
  readonly fractions: boolean
  /** The last top-level member that is called `value`; whitespace at its ends is part of it. */
  readonly value:
    { readonly start: number; readonly end: number; readonly strings: number; readonly spaces: number } | undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Up to this length looking at each byte costs less than a call of `indexOf`. */
const SHORT = 48

/** Index behind a string's closing quote, or the text's end. */
function stringEnd(json: Buffer, open: number): number {
  let at = open + 1
  const near = Math.min(at + SHORT, json.length)
  for (; at < near; at += json[at] === BACKSLASH ? 2 : 1) if (json[at] === QUOTE) return at + 1
  const quote = json.indexOf(QUOTE, at)
  if (quote === -1) return json.length
  if (json[quote - 1] !== BACKSLASH) return quote + 1
  // Escaped quotes mostly come in numbers: JSON in a string.
  for (; at < json.length; at += json[at] === BACKSLASH ? 2 : 1) if (json[at] === QUOTE) return at + 1
  return json.length
}

function isValueName(json: Buffer, start: number, end: number): boolean {
  const first = json[start + 1]
  if (first !== 0x76 && first !== BACKSLASH) return false
  const token = json.toString('utf8', start, end)
  if (!token.includes('\\')) return token === '"value"'
  try {
    return JSON.parse(token) === 'value'
  } catch {
    // The whole text is not JSON then, which is not for the scan to say.
    return false
  }
}

/** Scans a JSON text in one pass. Of text that is not JSON only `depth` means anything, up to the first mistake. */
export function scanJson(json: Buffer): TextScan {
  let depth = 0
  let deepest = 0
  let strings = 0
  let spaces = 0
  let fractions = false
  let name = -1
  let nameEnd = 0
  let open: { start: number; strings: number; spaces: number } | undefined
  let value: TextScan['value']
  let at = 0
  while (at < json.length) {
    switch (json[at]) {
      case QUOTE:
        strings++
        name = at
        at = nameEnd = stringEnd(json, at)
        continue
      case 0x3a: // :
        if (depth === 1 && isValueName(json, name, nameEnd)) open = { start: at + 1, strings, spaces }
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > deepest) deepest = depth
        break
      case 0x2c: // ,
      case 0x5d: // ]
      case 0x7d: // }
        if (depth === 1 && open !== undefined) {
          value = { start: open.start, end: at, strings: strings - open.strings, spaces: spaces - open.spaces }
          open = undefined
        }
        if (json[at] !== 0x2c) depth--
        break
      case 0x2e: // .
      case 0x45: // E
      case 0x65: // e, of true and false as well
        if (depth === 1) fractions = true
        break
      case 0x09:
      case 0x0a:
      case 0x0d:
      case 0x20:
        spaces++
        break
    }
    at++
  }
  return { depth: deepest, strings, spaces, fractions, value }
}

/** Copies a valid JSON text without its insignificant whitespace; everything else stays byte for byte. */
export function compactJson(json: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(json.length)
  let length = 0
  let inString = false
  let escaped = false
  for (const byte of json) {
    if (!inString && (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)) continue
    if (byte === QUOTE && !escaped) inString = !inString
    escaped = byte === BACKSLASH && !escaped
    out[length++] = byte
  }
  return out.subarray(0, length)
}
