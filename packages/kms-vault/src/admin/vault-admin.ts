import type { Edek, EncryptionContext, Kek, KekAdmin, KmsCallOptions } from '@keyfold/kms-api'

/** The kinds of keys that wrap DEKs. */
export type VaultKeyType = 'aes256-gcm96' | 'chacha20-poly1305'

/** Options of {@link VaultAdmin.createKek}. */
export interface CreateKekOptions extends KmsCallOptions {
  /** "aes256-gcm96" by default. */
  readonly type?: VaultKeyType | undefined
}

/** The lowest versions of a key that may still be used. */
export interface MinimumVersions {
  /** EDEKs of older versions are rejected; `KMS_KEY_UNAVAILABLE`, state `too-old`. */
  readonly decryption?: number | undefined
  /** 0: the newest, always. */
  readonly encryption?: number | undefined
}

/**
 * Administers the keys of one mount. Its token needs more than that of a producer or consumer.
 *
 * Vault can neither disable a key nor schedule its deletion: `disableKek`, `enableKek`, `scheduleKekDeletion` and `cancelKekDeletion` reject with
 * `KMS_UNSUPPORTED_OPERATION`.
 */
export interface VaultAdmin extends KekAdmin, AsyncDisposable {
  /** Creates a key that can be neither exported nor deleted until that is configured. Rejects with `KMS_CONFIG` if there is one of this name. */
  createKek(name: string, options?: CreateKekOptions): Promise<Kek>
  /** Sets which versions of a key may still be used. Rejects with `KMS_CONFIG` for versions that do not exist or do not fit together. */
  setMinimumVersions(kekSelector: string, versions: MinimumVersions, options?: KmsCallOptions): Promise<Kek>
  /**
   * Wraps the DEK of an EDEK with the newest version of its key. One with an encryption context is decrypted and encrypted again, because Vault
   * cannot rewrap it: then the DEK is in the memory of this process for a moment, and the token needs both operations.
   *
   * @param edek - neither kept nor changed.
   * @returns another EDEK of the same DEK, which belongs to the caller.
   */
  rewrapEdek(
    edek: Edek,
    options?: KmsCallOptions & { readonly encryptionContext?: EncryptionContext | undefined },
  ): Promise<Edek>
}
