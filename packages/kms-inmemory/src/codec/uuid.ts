import { randomFillSync } from 'node:crypto'

import { formatUuid, parseUuid } from '@keyfold/kms-api/provider-kit'

/** Bytes of a UUID. */
export const UUID_LENGTH = 16

/** Says whether `text` is a UUID in its one canonical form, of any version and variant. */
export function isUuid(text: string): boolean {
  return parseUuid(text) !== undefined
}

/** Makes a random UUID (RFC 9562 version 4). `crypto.randomUUID` caches its randomness, which a start-up snapshot would repeat. */
export function createUuid(): string {
  const bytes = randomFillSync(new Uint8Array(UUID_LENGTH))
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return formatUuid(bytes)
}
