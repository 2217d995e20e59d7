import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

import { IV_LENGTH, type IvSequence } from './iv-sequence.ts'
import { RegionTable } from './region-table.ts'

const TAG_LENGTH = 16
// Never in use twice at a time: sealing and opening are synchronous. Node copies both; a view of the slab for each would be garbage.
const ivBytes = new Uint8Array(IV_LENGTH)
const tagBytes = new Uint8Array(TAG_LENGTH)
const CIPHER = 'aes-256-gcm'
// Without it OpenSSL accepts a tag that was cut to 4 bytes.
const OPTIONS = { authTagLength: TAG_LENGTH } as const

/**
 * Checks that every region lies inside the slab.
 *
 * @returns the number of bytes of text.
 * @throws RangeError naming the first region that does not fit.
 */
export function checkRegions(slab: Uint8Array, regions: Uint32Array, count: number): number {
  const table = new RegionTable(regions, count)
  if (!Number.isInteger(count) || count < 0 || count > table.capacity)
    throw new RangeError(`"count" expected a whole number of regions, at most ${table.capacity}, got ${count}`)
  const size = slab.length
  let text = 0
  for (let i = 0; i < count; i++) {
    const length = table.textLength(i)
    if (
      table.ivOffset(i) + IV_LENGTH > size ||
      table.textOffset(i) + length > size ||
      table.tagOffset(i) + TAG_LENGTH > size
    ) {
      throw new RangeError(`"regions" expected to lie within the slab of ${size} bytes, region ${i} does not`)
    }
    text += length
  }
  return text
}

/** Seals regions in place. `ivs` writes each IV; without it they are in the slab already. */
export function seal(
  key: KeyObject,
  ivs: IvSequence | undefined,
  slab: Uint8Array,
  regions: Uint32Array,
  count: number,
): void {
  const table = new RegionTable(regions, count)
  for (let i = 0; i < count; i++) {
    const iv = table.ivOffset(i)
    const text = table.textOffset(i)
    // No code of the caller runs between counting an IV and its use: it is never read back from the slab, and written there afterwards.
    if (ivs !== undefined) ivs.take(ivBytes, 0)
    const cipher = createCipheriv(CIPHER, key, ivs === undefined ? slab.subarray(iv, iv + IV_LENGTH) : ivBytes, OPTIONS)
    if (ivs !== undefined) slab.set(ivBytes, iv)
    const sealed = cipher.update(slab.subarray(text, text + table.textLength(i)))
    slab.set(sealed, text)
    release(sealed)
    cipher.final()
    slab.set(cipher.getAuthTag(), table.tagOffset(i))
  }
}

/** Opens regions in place; a region that fails is zeroed and flagged. Returns the number that failed. */
export function open(
  key: KeyObject,
  slab: Uint8Array,
  regions: Uint32Array,
  count: number,
  status: Uint8Array,
): number {
  const { buffer, byteOffset } = slab
  const table = new RegionTable(regions, count)
  let failed = 0
  for (let i = 0; i < count; i++) {
    const iv = table.ivOffset(i)
    const text = table.textOffset(i)
    const length = table.textLength(i)
    const tag = table.tagOffset(i)
    for (let b = 0; b < IV_LENGTH; b++) ivBytes[b] = slab[iv + b] as number
    for (let b = 0; b < TAG_LENGTH; b++) tagBytes[b] = slab[tag + b] as number
    const decipher = createDecipheriv(CIPHER, key, ivBytes, OPTIONS)
    decipher.setAuthTag(tagBytes)
    // The output of update() is unverified until final(), and must not be exposed if verification fails.
    const unverified = decipher.update(new Uint8Array(buffer, byteOffset + text, length))
    try {
      decipher.final()
      slab.set(unverified, text)
      release(unverified)
      status[i] = 0
    } catch {
      unverified.fill(0)
      release(unverified)
      slab.fill(0, text, text + length)
      status[i] = 1
      failed++
    }
  }
  return failed
}

/**
 * Frees the memory of a cipher's output as soon as it is copied. Left to the collector, these pieces are freed by its threads, thousands
 * at a time, and hold up every allocation of this one: without this, sealing takes twice as long (docs/adr/0010).
 */
function release(copied: Uint8Array): void {
  if (copied.length > 0 && copied.length === copied.buffer.byteLength) (copied.buffer as ArrayBuffer).transfer(0)
}
