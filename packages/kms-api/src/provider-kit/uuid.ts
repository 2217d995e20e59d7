import { Buffer } from 'node:buffer'
import { randomFillSync } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Returns the 16 bytes of a UUID in its one canonical form: 36 characters, lower case (RFC 9562 section 4); `undefined` for anything else. */
export function parseUuid(text: string): Uint8Array | undefined {
  return UUID.test(text) ? Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex')) : undefined
}

/** Writes 16 bytes as a UUID, in lower case. @throws RangeError for another number of bytes. */
export function formatUuid(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`"bytes" expected 16 bytes, got ${bytes.length}`)
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Creates a random UUID (RFC 9562 version 4). `crypto.randomUUID` caches its randomness, which a start-up snapshot would repeat. */
export function createUuid(): string {
  const bytes = randomFillSync(new Uint8Array(16))
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return formatUuid(bytes)
}
