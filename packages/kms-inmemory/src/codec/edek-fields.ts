/** What an EDEK of this provider holds. */
export interface EdekFields {
  /** Whether an encryption context is bound to it, as additional authenticated data. */
  readonly bound: boolean
  /** Length of the authentication tag in bits: 128, 120, 112, 104 or 96. */
  readonly tagBits: number
  /** At most 255 bytes. */
  readonly iv: Uint8Array
  /** The UUID of the KEK. */
  readonly kekId: string
  /** The encrypted DEK, and behind it the tag. */
  readonly wrapped: Uint8Array
}

/** The first byte of an EDEK with a bound context. No tag has a length of one bit. */
export const BOUND = 0x01

/** The longest IV that the layout can name. */
export const MAX_IV = 0xff

/** Says whether an EDEK may name this length of tag. */
export function isTagBits(bits: number): boolean {
  return bits === 128 || bits === 120 || bits === 112 || bits === 104 || bits === 96
}
