import { Buffer } from 'node:buffer'

/**
 * Decodes standard base64 in its one canonical form: padded, no white space, no stray bits (RFC 4648 section 3.5); `undefined` for anything else.
 * The bytes lie in memory of their own, not in Node's shared pool, so that who owns them can zero them.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = Buffer.from(new ArrayBuffer((text.length / 4) * 3 - padding))
  const written = bytes.write(text, 'base64')
  if (written === bytes.length && bytes.toString('base64') === text) return new Uint8Array(bytes.buffer)
  bytes.fill(0)
  return undefined
}
