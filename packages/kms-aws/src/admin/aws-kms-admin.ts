import type { Kek, KekAdmin, KmsCallOptions } from '@keyfold/kms-api'

/** Descriptions of a new KEK or replica. */
export interface KekDescription {
  readonly description?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** The key policy, as JSON text or as an object; by default the account's own default policy. */
  readonly policy?: string | object | undefined
}

/** Options of {@link AwsKmsAdmin.createKek}. */
export interface CreateKekOptions extends KekDescription, KmsCallOptions {
  /** Whether the KEK can be replicated to other regions. This cannot be changed later. */
  readonly multiRegion?: boolean | undefined
}

/** Options of {@link AwsKmsAdmin.replicateKek}. A replica has a description, tags and a policy of its own. */
export interface ReplicateKekOptions extends KekDescription, KmsCallOptions {}

/** A KEK as AWS KMS describes it. */
export interface AwsKek {
  readonly kek: Kek
  readonly arn: string
  /** In AWS's words, for example `Enabled` or `PendingDeletion`. */
  readonly state: string
  readonly description: string
  readonly multiRegion: boolean
  readonly deletionDate?: Date | undefined
}

/**
 * Administers the KEKs of AWS KMS. `rotateKek` rotates on demand, which AWS permits a few times in the life of a key; `scheduleKekDeletion` takes 7 to
 * 30 days; after `cancelKekDeletion` the KEK is disabled.
 */
export interface AwsKmsAdmin extends KekAdmin {
  /** Creates a symmetric key and its alias. If the alias cannot be created, the key is scheduled for deletion again. */
  createKek(alias: string, options?: CreateKekOptions): Promise<Kek>
  /** Describes a KEK, in whatever state it is. */
  describeKek(kekSelector: string, options?: KmsCallOptions): Promise<AwsKek>
  /** Rotates a KEK automatically every `periodInDays` days: 90 to 2,560, by default 365. */
  enableRotation(
    kekSelector: string,
    options?: KmsCallOptions & { readonly periodInDays?: number | undefined },
  ): Promise<void>
  /** Ends the automatic rotation. */
  disableRotation(kekSelector: string, options?: KmsCallOptions): Promise<void>
  /** Points an alias, a new one or one that pointed elsewhere, at a KEK. */
  setAlias(alias: string, kekSelector: string, options?: KmsCallOptions): Promise<void>
  /** Deletes an alias; the KEK stays. */
  deleteAlias(alias: string, options?: KmsCallOptions): Promise<void>
  /** Replicates a multi-region KEK to another region and returns the ARN there. Its aliases are not replicated. */
  replicateKek(kekSelector: string, region: string, options?: ReplicateKekOptions): Promise<string>
  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void>
}
