/** What an EDEK of this provider holds. */
export interface EdekFields {
  /** Whether an encryption context is bound to it. */
  readonly bound: boolean
  /** The name of the key that wrapped it: hostile until the boundary has accepted it. */
  readonly keyName: string
  /** The bytes of the text that Vault gave: hostile until {@link parseCiphertext} has accepted that. */
  readonly ciphertext: Uint8Array
}

/** An EDEK with a bound context starts with this: as the length of a name it would be none. */
export const EXTENDED = 0x00

/** The version of the extension. */
export const BOUND = 0x01
