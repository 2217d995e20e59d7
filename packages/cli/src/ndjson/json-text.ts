import { Buffer } from 'node:buffer'

/** Nesting that a line or a value may have: what reads it after us may be recursive. Same as Jackson's default. */
export const MAX_DEPTH = 1000

/** What one pass over a JSON text sees without parsing it. */
export interface TextScan {
  /** Deepest nesting of objects and arrays. */
  readonly depth: number
  /** How many strings, member names included. */
  readonly strings: number
  /** How many characters of insignificant whitespace. */
  readonly spaces: number
  /** The last top-level member that is called `value`. */
  readonly value: { readonly start: number; readonly end: number; readonly strings: number; readonly spaces: number } | undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Index behind a string's closing quote, or the text's end. */
function stringEnd(text: string, open: number): number {
  const quote = text.indexOf('"', open + 1)
  if (quote === -1) return text.length
  if (text.charCodeAt(quote - 1) !== BACKSLASH) return quote + 1
  // A search for each of many escaped quotes costs more than looking at each character.
  let at = open + 1
  for (let code = text.charCodeAt(at); code !== QUOTE && at < text.length; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1
  return Math.min(at + 1, text.length)
}

function isValueName(text: string, start: number, end: number): boolean {
  if (end - start === 7) return text.startsWith('"value"', start)
  // Longer tokens can say the same by escapes. Text that is not valid yet is not worth an error here.
  const token = text.slice(start, end)
  if (!token.includes('\\')) return false
  try {
    return JSON.parse(token) === 'value'
  } catch {
    return false
  }
}

/** Scans a JSON text in one pass. Of text that is not JSON only `depth` means anything, up to the first mistake. */
export function scanJson(text: string): TextScan {
  let depth = 0
  let deepest = 0
  let strings = 0
  let spaces = 0
  let name = -1
  let nameEnd = 0
  let open: { start: number; strings: number; spaces: number } | undefined
  let value: TextScan['value']
  let at = 0
  while (at < text.length) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        strings++
        name = at
        at = nameEnd = stringEnd(text, at)
        continue
      case 0x3a: // :
        if (depth === 1 && isValueName(text, name, nameEnd)) open = { start: at + 1, strings, spaces }
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
        if (text.charCodeAt(at) !== 0x2c) depth--
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
  return { depth: deepest, strings, spaces, value }
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
