import type { Kek } from './kek.ts'
import type { KmsCallOptions } from './kms.ts'

/** One version of a KEK. */
export interface KekVersion {
  /** As in `Kek.version`. */
  readonly version: string
  /** When the version was created; absent if the KMS does not report it. */
  readonly createdAt?: Date | undefined
  readonly state: 'enabled' | 'disabled' | (string & {})
}

/**
 * Administers the KEKs of a KMS: the same operations for every provider. Operations of one KMS only are in that provider's `/admin` entry.
 *
 * A selector is the same as for `Kms.resolveKek`. Unsupported operations reject with `KMS_UNSUPPORTED_OPERATION`. All methods are asynchronous and
 * reject with the errors of {@link Kms}; `signal` and `correlationId` of the options apply.
 */
export interface KekAdmin {
  /** Creates a KEK that `resolveKek(alias)` finds. Rejects with `KMS_CONFIG` if the alias is taken or not allowed. */
  createKek(alias: string, options?: KmsCallOptions): Promise<Kek>
  /** Creates a new version (or key) that wraps new EDEKs. Existing EDEKs stay readable. */
  rotateKek(kekSelector: string, options?: KmsCallOptions): Promise<Kek>
  /** Disables the KEK until {@link KekAdmin.enableKek}. */
  disableKek(kekSelector: string, options?: KmsCallOptions): Promise<void>
  enableKek(kekSelector: string, options?: KmsCallOptions): Promise<void>
  /** Schedules the KEK's deletion after a waiting time, which the KMS may bound. After it, no record under the KEK can ever be decrypted. */
  scheduleKekDeletion(kekSelector: string, options: KmsCallOptions & { readonly days: number }): Promise<void>
  cancelKekDeletion(kekSelector: string, options?: KmsCallOptions): Promise<void>
  /** Lists the versions of a KEK, oldest first. */
  listKekVersions(kekSelector: string, options?: KmsCallOptions): Promise<readonly KekVersion[]>
  /** Ends timers, sockets and logins. Idempotent; later calls reject with `KMS_CLOSED`. */
  close(): Promise<void>
}
