import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import type { DekPurpose } from '../contract/dek.ts'

/**
 * Returns the info of a derivation: the label of the purpose, then a hash of the caller's info. `Dek.deriveDek` documents the bytes. The hash keeps any info
 * of a caller within the 1,024 bytes that `hkdfSync` accepts.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5869#section-3.2
 */
export function labelledInfo(purpose: DekPurpose, info: Uint8Array): Uint8Array {
  const label = Buffer.from(`keyfold ${purpose} 1\0`, 'latin1')
  return Buffer.concat([label, createHash('sha256').update(info).digest()])
}
