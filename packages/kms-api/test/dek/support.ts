import { createDek, isDekError, type Dek, type DekErrorCode } from '../../src/index.ts'

/** Numbers a region: offset of the IV, of the text, its length, offset of the tag. */
export type Region = readonly [iv: number, text: number, length: number, tag: number]

/** A key whose bytes the test knows. */
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1)

export function generated(bytes: Uint8Array = KEY): Dek {
  return createDek(Uint8Array.from(bytes), 'generated')
}

export function unwrapped(bytes: Uint8Array = KEY): Dek {
  return createDek(Uint8Array.from(bytes), 'unwrapped')
}

export function regionsOf(...regions: Region[]): Uint32Array {
  return Uint32Array.from(regions.flat())
}

/** The code that `use` is refused with; `undefined` when it is not. */
export function dekCodeOf(use: () => unknown): DekErrorCode | undefined {
  try {
    use()
    return undefined
  } catch (error) {
    if (isDekError(error)) return error.code
    throw error
  }
}

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)
