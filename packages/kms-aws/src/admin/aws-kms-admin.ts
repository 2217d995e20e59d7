import type { Kek } from '@keyfold/kms-api'

/** What a new key is like. */
export interface CreateKeyOptions {
  /** With or without `alias/`. */
  readonly alias?: string | undefined
  readonly description?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** The key policy, as JSON text or as the object; by default the account's own default policy. */
  readonly policy?: string | object | undefined
  /** Whether it can be replicated to other regions. This cannot be changed later. */
  readonly multiRegion?: boolean | undefined
}

/** What a replica is like. It has a description, tags and a policy of its own. */
export interface ReplicateKeyOptions {
  readonly description?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly policy?: string | object | undefined
}

/** A key as AWS KMS describes it. */
export interface AwsKey {
  readonly kek: Kek
  readonly arn: string
  /** In AWS's words, for example `Enabled` or `PendingDeletion`. */
  readonly state: string
  readonly description: string
  readonly multiRegion: boolean
  readonly deletionDate?: Date | undefined
}

/**
 * Administers keys of AWS KMS. A selector is what `resolveKek` takes: a name, an alias, a key id or an ARN. Each method rejects with an error of
 * the contract, in particular `KMS_UNKNOWN_ALIAS` and `KMS_ACCESS_DENIED`.
 */
export interface AwsKmsAdmin {
  /** Makes a symmetric key, and its alias. Where the alias cannot be made, the key is scheduled for deletion again. */
  createKey(options?: CreateKeyOptions): Promise<AwsKey>
  /** Describes a key, in whatever state it is. */
  describeKey(kekSelector: string): Promise<AwsKey>
  /** Rotates a key by itself every `periodInDays` days: 90 to 2,560, by default 365. */
  enableRotation(kekSelector: string, options?: { readonly periodInDays?: number | undefined }): Promise<void>
  /** Rotates a key by itself no longer. */
  disableRotation(kekSelector: string): Promise<void>
  /** Rotates a key now. AWS allows a few times in the life of a key; older EDEKs still unwrap. */
  rotateKey(kekSelector: string): Promise<void>
  /** Refuses every use of a key: `KMS_KEY_UNAVAILABLE`, until it is enabled again. */
  disableKey(kekSelector: string): Promise<void>
  /** Lets a disabled key be used again. */
  enableKey(kekSelector: string): Promise<void>
  /** Plans the end of a key in `windowInDays` days: 7 to 30, by default 30. It is refused from now on, and the data under it lost then. */
  scheduleKeyDeletion(kekSelector: string, options?: { readonly windowInDays?: number | undefined }): Promise<Date>
  /** Takes the deletion back. The key is disabled afterwards. */
  cancelKeyDeletion(kekSelector: string): Promise<void>
  /** Points an alias, a new one or one that pointed elsewhere, at a key. */
  setAlias(alias: string, kekSelector: string): Promise<void>
  /** Removes an alias; the key stays. */
  deleteAlias(alias: string): Promise<void>
  /** Copies a multi-region key to another region, and gives the ARN there. Its aliases are not copied. */
  replicateKey(kekSelector: string, region: string, options?: ReplicateKeyOptions): Promise<string>
  /** Ends what is running, and its connections. Idempotent. */
  close(): Promise<void>
  /** The same as {@link AwsKmsAdmin.close}. */
  [Symbol.asyncDispose](): Promise<void>
}
