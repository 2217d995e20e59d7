import type { Kek, KekAdmin, KekVersion, Kms } from '@keyfold/kms-api'

import type { KekState, KekVersionState } from '../keys/stored-kek.ts'
import type { FaultHook, InMemoryOperation } from './faults.ts'

/** A KEK that is to be made. */
export interface InMemoryKekOptions {
  /** A UUID in lower case. Random by default. */
  readonly id?: string | undefined
  /** What `resolveKek` finds it under, besides its UUID. */
  readonly alias?: string | undefined
  /** The key material, 32 bytes a version, oldest first; neither kept nor changed. One random version by default. */
  readonly versions?: readonly Uint8Array[] | undefined
}

/**
 * What an administrator does with the keys of a KMS, and what a test does to it. Everything takes effect at once, for every client of the
 * same keys.
 *
 * KEKs are named by a reference, an alias or a UUID. One that does not exist throws `KMS_UNKNOWN_ALIAS`.
 */
export interface InMemoryKmsAdmin {
  /**
   * Makes a KEK and returns its reference.
   *
   * @throws `KMS_CONFIG` when the UUID or the alias is taken or malformed, or a version has not 32 bytes.
   */
  createKek(options?: InMemoryKekOptions): Kek
  /** Adds a random version, which wraps from now on; older EDEKs still unwrap. Returns the reference with the new version. */
  rotateKek(kek: Kek | string): Kek
  /**
   * Sets what may be done with one version. `disabled`: its EDEKs are rejected with `KMS_KEY_UNAVAILABLE`, state `version-unavailable`. `ahead`: the KMS does not
   * know it, as after a restore from a backup: its EDEKs are rejected with `KMS_KEY_VERSION_AHEAD`, and an older version wraps. For tests only.
   *
   * @throws `KMS_CONFIG` when there is no such version.
   */
  setKekVersionState(kek: Kek | string, version: number | string, state: KekVersionState): void
  /** From now on every use is refused with `KMS_KEY_UNAVAILABLE`, state `disabled`. */
  disableKek(kek: Kek | string): void
  /** Undoes {@link InMemoryKmsAdmin.disableKek} and {@link InMemoryKmsAdmin.scheduleKekDeletion}. */
  enableKek(kek: Kek | string): void
  /** From now on every use is refused with `KMS_KEY_UNAVAILABLE`, state `pending-deletion`. Nothing deletes it later: no timer runs. */
  scheduleKekDeletion(kek: Kek | string): void
  /** Takes the deletion back; the KEK is disabled afterwards, as in AWS. Nothing happens to a KEK that was not to be deleted. */
  cancelKekDeletion(kek: Kek | string): void
  /** Destroys the key material of all versions, and the aliases: `KMS_UNKNOWN_KEY` from now on. There is no way back. */
  deleteKek(kek: Kek | string): void
  /** Points an alias, a new one or one that pointed elsewhere, at a KEK. @throws `KMS_CONFIG` when it is empty or looks like a UUID. */
  setAlias(alias: string, kek: Kek | string): void
  /** Removes an alias; the KEK stays. */
  deleteAlias(alias: string): void
  /** Says whether a KEK exists, in whatever state. */
  exists(kek: Kek | string): boolean
  /** Says what may be done with a KEK now. */
  stateOf(kek: Kek | string): KekState
  /** Lists the versions of a KEK that the KMS knows, oldest first. A version of a KEK that is not enabled has the state of the KEK. */
  listKekVersions(kek: Kek | string): readonly KekVersion[]
  /** Makes another client of the same keys, which its caller closes: another process, or the same one after `close()`. */
  connect(): Kms
  /** Creates an administrator of the same keys with the operations that every KMS has, which its caller closes. */
  kekAdmin(): KekAdmin
  /** Called before each request of every client. For tests only. */
  faults: FaultHook | undefined
  /** How many requests of each operation there were. A call that is refused without a request does not count. */
  readonly calls: Readonly<Record<InMemoryOperation, number>>
  /** Counts from 0 again. */
  resetCalls(): void
}
