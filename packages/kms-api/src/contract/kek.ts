/**
 * A reference to a key encryption key (KEK). It is never key material and may be printed.
 *
 * Two references mean the same KEK when `provider` and `id` are equal; `version` is not compared.
 */
export interface Kek {
  /** The provider's short name, for example `aws`. */
  readonly provider: string
  /** What survives a rotation: a UUID, a key's name or an ARN. Never an alias. */
  readonly id: string
  /** Changes when the KEK is rotated, where the provider can know it. */
  readonly version?: string | undefined
  /**
   * What an EDEK proves. `authenticated`: only who may use the KEK can make an EDEK that unwraps.
   * `public-key`: anyone who has the public half can, so that the DEK says nothing about who wrote a record.
   */
  readonly wrapping: 'authenticated' | 'public-key'
  /**
   * Set only by `kekOf`, where unwrapping this EDEK proves nothing about its integrity (Fortanix AES-CBC). Not compared.
   */
  readonly unproven?: true | undefined
}

/** What can be read of an EDEK without a configuration, for inspection only. Nothing of it is authenticated. */
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
