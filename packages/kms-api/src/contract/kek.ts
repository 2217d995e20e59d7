/**
 * A reference to a key encryption key (KEK). It is never key material and may be printed.
 *
 * Two references mean the same KEK when `provider` and `id` are equal; `version` is not compared.
 */
export interface Kek {
  /** The provider's short name, for example `aws`. */
  readonly provider: string
  /** The identity that survives a rotation: a UUID, a key's name or an ARN. Never an alias. */
  readonly id: string
  /** The version, which changes when the KEK is rotated, if the provider can know it. */
  readonly version?: string | undefined
  /**
   * What an EDEK proves. `authenticated`: only a principal that may use the KEK can create an EDEK that unwraps.
   * `public-key`: anybody with the public half can, so the DEK proves nothing about the writer of a record.
   */
  readonly wrapping: 'authenticated' | 'public-key'
  /**
   * Set only by `kekOf`, where unwrapping this EDEK proves nothing about its integrity (Fortanix AES-CBC). Not compared.
   */
  readonly unproven?: true | undefined
}

/** The parts of an EDEK that can be read without a configuration, for inspection only. Nothing of it is authenticated. */
export interface KekHint {
  readonly provider: string
  /** The KEK's id, where the EDEK holds all of it. */
  readonly id?: string | undefined
  /** The KEK's name, where the rest of the id (a mount, a vault) is configuration. */
  readonly name?: string | undefined
  /** The version of the KEK that wrapped the DEK. */
  readonly version?: string | undefined
}

/**
 * An encrypted data encryption key: the exact bytes that are stored with a record. Opaque to callers; two EDEKs are equal when their bytes are.
 *
 * The brand is optional, so that any `Uint8Array` is accepted and two installed copies of this package stay assignable to each other.
 */
export type Edek = Uint8Array & { readonly '~keyfold'?: 'Edek' }
