/** What an EDEK of this provider holds. */
export interface EdekFields {
  /** Whether an encryption context is bound to it. */
  readonly bound: boolean
  /** The key that wrapped it: what is read here is hostile until the boundary has accepted it. */
  readonly keyId: string
  /** The `CiphertextBlob` of AWS KMS. */
  readonly blob: Uint8Array
}

/** The first byte of an EDEK without an encryption context, as Kroxylicious writes it. */
export const UNBOUND = 0x00

/** The first byte of an EDEK with a bound context. */
export const BOUND = 0x02

/** The longest `CiphertextBlob` that AWS KMS gives and takes. */
export const MAX_BLOB = 6_144
