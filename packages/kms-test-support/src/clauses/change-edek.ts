import { Buffer } from 'node:buffer'

import type { Kek } from '@keyfold/kms-api'
import { parseUuid } from '@keyfold/kms-api/provider-kit'

import { sameBytes } from '../assertions/expect.ts'

/** Returns a copy with one bit changed. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

/** Returns a copy with bytes appended. */
export function extend(bytes: Uint8Array, by: number, value: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + by).fill(value)
  longer.set(bytes)
  return longer
}

/** Returns a copy with one byte more, at `index`. */
export function insertByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  return Uint8Array.of(...bytes.subarray(0, index), value, ...bytes.subarray(index))
}

/** Returns a copy without the byte at `index`. */
export function removeByte(bytes: Uint8Array, index: number): Uint8Array {
  return Uint8Array.of(...bytes.subarray(0, index), ...bytes.subarray(index + 1))
}

/**
 * Returns copies in which the EDEK names another KEK: wherever its own is named as text or as the bytes of a UUID, and, for layouts of equal
 * length, with the head of an EDEK of the other KEK.
 */
export function relabel(edek: Uint8Array, from: Kek, to: Kek, otherEdek: Uint8Array): readonly Uint8Array[] {
  const copies: Uint8Array[] = []
  for (const [own, other] of names(from, to)) {
    const at = Buffer.from(edek).indexOf(own)
    if (at >= 0) copies.push(Uint8Array.of(...edek.subarray(0, at), ...other, ...edek.subarray(at + own.length)))
  }
  if (edek.length === otherEdek.length) {
    for (let cut = 1; cut < edek.length; cut++)
      copies.push(Uint8Array.of(...otherEdek.subarray(0, cut), ...edek.subarray(cut)))
  }
  // By chance the last bytes of both are equal: then the copy is the other EDEK, which is right.
  return copies.filter((copy) => !sameBytes(copy, otherEdek))
}

function names(from: Kek, to: Kek): readonly (readonly [Uint8Array, Uint8Array])[] {
  const texts = [from.id, ...from.id.split(/[/:]/)].map((text, i): readonly [string, string] => [
    text,
    [to.id, ...to.id.split(/[/:]/)][i] ?? '',
  ])
  const different = texts.filter(([own, other]) => own !== other && own.length >= 8)
  return different.flatMap(([own, other]) => {
    const pair = [Buffer.from(own), Buffer.from(other)] as const
    const [a, b] = [parseUuid(own), parseUuid(other)]
    return a === undefined || b === undefined ? [pair] : [pair, [a, b] as const]
  })
}
