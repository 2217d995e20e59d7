import type { Kek, KekAdmin, KmsCallOptions } from '@keyfold/kms-api'

import type { KekType } from '../keys/key-type.ts'

/** Options of {@link AzureKmsAdmin.createKek}. */
export interface CreateKekOptions extends KmsCallOptions {
  /** By default `oct-HSM` in a managed HSM, and `RSA` in a vault. */
  readonly keyType?: KekType | undefined
  /** In bits: 2048, 3072 (the default) or 4096 of an RSA key; 256 of oct-HSM. */
  readonly keySize?: number | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly expiresOn?: Date | undefined
  readonly notBefore?: Date | undefined
}

/** When Azure rotates a KEK by itself, in durations of ISO 8601 such as `P90D`. */
export interface RotationPolicy {
  /** How long after its creation a version is rotated. */
  readonly rotateAfter: string
  /** How long after its creation a version expires. It still unwraps then. */
  readonly expiresAfter?: string | undefined
}

/**
 * Administers the KEKs of a vault or managed HSM. `disableKek` and `enableKek` apply to every version. `scheduleKekDeletion` deletes the key, which can
 * be recovered for as many days as the vault keeps deleted keys: `days` must be that number.
 */
export interface AzureKmsAdmin extends KekAdmin {
  createKek(alias: string, options?: CreateKekOptions): Promise<Kek>
  /** Makes Azure rotate a KEK by itself. */
  setRotationPolicy(kekSelector: string, policy: RotationPolicy, options?: KmsCallOptions): Promise<void>
  /** Returns the rotation policy; `undefined` if Azure does not rotate the KEK by itself. */
  getRotationPolicy(kekSelector: string, options?: KmsCallOptions): Promise<RotationPolicy | undefined>
  /** Destroys a deleted KEK at once. No record under it can ever be decrypted. A vault with purge protection rejects it. */
  purgeDeletedKek(kekSelector: string, options?: KmsCallOptions): Promise<void>
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>
}
