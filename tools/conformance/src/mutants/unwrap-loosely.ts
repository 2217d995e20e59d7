import { createDecipheriv } from 'node:crypto'

import { createDek, type Dek } from '@keyfold/kms-api'

import type { InMemoryWorld } from '../in-memory/in-memory-world.ts'

/** The lengths of a tag that OpenSSL takes; 0 is for none. */
const TAGS = new Set([0, 4, 8, 12, 13, 14, 15, 16])

/** How an EDEK is unwrapped too generously. */
export interface LooseOptions {
  /** Bytes of the tag that are looked at; 0 accepts any. */
  readonly tagBytes: number
  /** Another key than that of the KEK. */
  readonly key?: Uint8Array | undefined
}

/** Unwraps an EDEK of the in-memory layout without the care that it takes; `undefined` where even that fails. */
export function unwrapLoosely(
  world: InMemoryWorld,
  kekId: string,
  edek: Uint8Array,
  { tagBytes, key = world.bytesOf(kekId) }: LooseOptions,
): Dek | undefined {
  if (key === undefined || edek.length < 62 + tagBytes || !TAGS.has(tagBytes)) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, edek.subarray(2, 14), { authTagLength: Math.max(4, tagBytes) })
  const bytes = new Uint8Array(new ArrayBuffer(32))
  bytes.set(decipher.update(edek.subarray(30, 62)))
  if (tagBytes === 0) return createDek(bytes, 'unwrapped')
  decipher.setAuthTag(edek.subarray(62, 62 + tagBytes))
  try {
    decipher.final()
    return createDek(bytes, 'unwrapped')
  } catch {
    return undefined
  }
}
