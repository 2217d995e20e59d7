import { Buffer } from 'node:buffer'

/** What the kafkajs-like clients take as a key, a value or a header's value. */
export type ClientData = Uint8Array | string

/** Returns the bytes that a client sends for `data`: the UTF-8 of a string. What is no data is returned as it is, for the caller's checks to reject. */
export function bytesOf(data: ClientData | null | undefined): Uint8Array | null {
  return typeof data === 'string' ? Buffer.from(data) : (data ?? null)
}

/** Returns the same memory as a `Buffer`, which clients insist on: kafkajs sends a corrupt batch for a plain `Uint8Array`. */
export function bufferOf(bytes: Uint8Array): Buffer
export function bufferOf(bytes: Uint8Array | null): Buffer | null
export function bufferOf(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
