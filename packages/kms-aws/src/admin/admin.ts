import type { KeyMetadata, Tag } from '@aws-sdk/client-kms'

import { InvalidResponseError, isKmsError, type KmsErrorDetails } from '@keyfold/kms-api'

import type { AwsClient, Send } from '../client/aws-client.ts'
import { parseArn } from '../keys/arn.ts'
import type { Boundary } from '../keys/boundary.ts'
import { kekReference, PROVIDER } from '../keys/kek-reference.ts'
import { keyIdOfSelector } from '../keys/key-id-of-selector.ts'
import type { AwsKey, AwsKmsAdmin, CreateKeyOptions, ReplicateKeyOptions } from './aws-kms-admin.ts'

const DETAILS: KmsErrorDetails = { provider: PROVIDER, operation: 'admin' }
/** What cannot be used was never used: the shortest window that AWS allows. */
const MIN_WINDOW = 7

export class Admin implements AwsKmsAdmin {
  readonly #client: AwsClient
  readonly #boundary: Boundary

  constructor(client: AwsClient, boundary: Boundary) {
    this.#client = client
    this.#boundary = boundary
  }

  async createKey({ alias, multiRegion = false, ...options }: CreateKeyOptions = {}): Promise<AwsKey> {
    const AliasName = alias === undefined ? undefined : this.#aliasOf(alias)
    const { CreateKeyCommand, CreateAliasCommand, ScheduleKeyDeletionCommand } = this.#client.sdk
    const input = {
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      MultiRegion: multiRegion,
      ...described(options),
    } as const
    const { KeyMetadata } = await this.#request((client, guard, abortSignal) =>
      client.send(guard(new CreateKeyCommand(input)), { abortSignal }),
    )
    const key = this.#keyOf(KeyMetadata)
    if (AliasName === undefined) return key
    const KeyId = this.#keyIdOf(key)
    try {
      await this.#request((client, guard, abortSignal) =>
        client.send(guard(new CreateAliasCommand({ AliasName, TargetKeyId: KeyId })), { abortSignal }),
      )
    } catch (error) {
      const undo = { KeyId, PendingWindowInDays: MIN_WINDOW }
      await this.#request((client, guard, abortSignal) =>
        client.send(guard(new ScheduleKeyDeletionCommand(undo)), { abortSignal }),
      ).catch(() => undefined)
      throw error
    }
    return key
  }

  async describeKey(kekSelector: string): Promise<AwsKey> {
    const KeyId = keyIdOfSelector(kekSelector, this.#boundary)
    const { DescribeKeyCommand } = this.#client.sdk
    const { KeyMetadata } = await this.#request(
      (client, guard, abortSignal) => client.send(guard(new DescribeKeyCommand({ KeyId })), { abortSignal }),
      kekSelector,
    )
    return this.#keyOf(KeyMetadata)
  }

  async enableRotation(
    kekSelector: string,
    { periodInDays }: { readonly periodInDays?: number | undefined } = {},
  ): Promise<void> {
    const { EnableKeyRotationCommand } = this.#client.sdk
    const period = periodInDays === undefined ? {} : { RotationPeriodInDays: periodInDays }
    await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) =>
        client.send(guard(new EnableKeyRotationCommand({ KeyId, ...period })), { abortSignal }),
    )
  }

  async disableRotation(kekSelector: string): Promise<void> {
    const { DisableKeyRotationCommand } = this.#client.sdk
    await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) =>
        client.send(guard(new DisableKeyRotationCommand({ KeyId })), { abortSignal }),
    )
  }

  async rotateKey(kekSelector: string): Promise<void> {
    const { RotateKeyOnDemandCommand } = this.#client.sdk
    await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) =>
        client.send(guard(new RotateKeyOnDemandCommand({ KeyId })), { abortSignal }),
    )
  }

  async disableKey(kekSelector: string): Promise<void> {
    const { DisableKeyCommand } = this.#client.sdk
    await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) => client.send(guard(new DisableKeyCommand({ KeyId })), { abortSignal }),
    )
  }

  async enableKey(kekSelector: string): Promise<void> {
    const { EnableKeyCommand } = this.#client.sdk
    await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) => client.send(guard(new EnableKeyCommand({ KeyId })), { abortSignal }),
    )
  }

  async scheduleKeyDeletion(
    kekSelector: string,
    { windowInDays }: { readonly windowInDays?: number | undefined } = {},
  ): Promise<Date> {
    const { ScheduleKeyDeletionCommand } = this.#client.sdk
    const window = windowInDays === undefined ? {} : { PendingWindowInDays: windowInDays }
    const { DeletionDate } = await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) =>
        client.send(guard(new ScheduleKeyDeletionCommand({ KeyId, ...window })), { abortSignal }),
    )
    if (!(DeletionDate instanceof Date)) throw new InvalidResponseError('the date of the deletion', DETAILS)
    return DeletionDate
  }

  async cancelKeyDeletion(kekSelector: string): Promise<void> {
    const { CancelKeyDeletionCommand } = this.#client.sdk
    await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) =>
        client.send(guard(new CancelKeyDeletionCommand({ KeyId })), { abortSignal }),
    )
  }

  async setAlias(alias: string, kekSelector: string): Promise<void> {
    const AliasName = this.#aliasOf(alias)
    const TargetKeyId = this.#keyIdOf(await this.describeKey(kekSelector))
    const { CreateAliasCommand, UpdateAliasCommand } = this.#client.sdk
    try {
      await this.#request(
        (client, guard, abortSignal) =>
          client.send(guard(new UpdateAliasCommand({ AliasName, TargetKeyId })), { abortSignal }),
        alias,
      )
    } catch (error) {
      if (!isKmsError(error, 'KMS_UNKNOWN_ALIAS')) throw error
      await this.#request((client, guard, abortSignal) =>
        client.send(guard(new CreateAliasCommand({ AliasName, TargetKeyId })), { abortSignal }),
      )
    }
  }

  async deleteAlias(alias: string): Promise<void> {
    const AliasName = this.#aliasOf(alias)
    const { DeleteAliasCommand } = this.#client.sdk
    await this.#request(
      (client, guard, abortSignal) => client.send(guard(new DeleteAliasCommand({ AliasName })), { abortSignal }),
      alias,
    )
  }

  async replicateKey(kekSelector: string, region: string, options: ReplicateKeyOptions = {}): Promise<string> {
    const { ReplicateKeyCommand } = this.#client.sdk
    const { ReplicaKeyMetadata } = await this.#withKey(
      kekSelector,
      (KeyId) => (client, guard, abortSignal) =>
        client.send(guard(new ReplicateKeyCommand({ KeyId, ReplicaRegion: region, ...described(options) })), {
          abortSignal,
        }),
    )
    const arn = ReplicaKeyMetadata?.Arn
    if (typeof arn !== 'string' || parseArn(arn)?.region !== region)
      throw new InvalidResponseError('the ARN of the replica', DETAILS)
    return arn
  }

  async close(): Promise<void> {
    this.#client.close()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Most operations of AWS KMS take a key id, but no alias. */
  async #withKey<Output>(kekSelector: string, command: (keyId: string) => Send<Output>): Promise<Output> {
    const key = await this.describeKey(kekSelector)
    return await this.#request(command(this.#keyIdOf(key)), kekSelector)
  }

  #request<Output>(send: Send<Output>, kekSelector?: string): Promise<Output> {
    return this.#client.request({ operation: 'admin', kekSelector }, send)
  }

  #keyIdOf({ kek }: AwsKey): string {
    return this.#boundary.keyIdOfRequest(kek.id)
  }

  #aliasOf(alias: string): string {
    return keyIdOfSelector(alias.startsWith('alias/') ? alias : `alias/${alias}`, this.#boundary)
  }

  #keyOf(metadata: KeyMetadata | undefined): AwsKey {
    const arn = metadata?.Arn === undefined ? undefined : parseArn(metadata.Arn)
    if (metadata?.Arn === undefined || arn?.kind !== 'key' || metadata.KeyState === undefined)
      throw new InvalidResponseError('a key', DETAILS)
    const foreign = this.#boundary.account !== undefined && arn.account !== this.#boundary.account
    return {
      kek: kekReference(foreign ? metadata.Arn : arn.name, metadata.CurrentKeyMaterialId),
      arn: metadata.Arn,
      state: metadata.KeyState,
      description: metadata.Description ?? '',
      multiRegion: metadata.MultiRegion ?? false,
      ...(metadata.DeletionDate && { deletionDate: metadata.DeletionDate }),
    }
  }
}

function described({ description, tags, policy }: ReplicateKeyOptions): {
  Description?: string
  Tags?: Tag[]
  Policy?: string
} {
  return {
    ...(description !== undefined && { Description: description }),
    ...(tags !== undefined && { Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })) }),
    ...(policy !== undefined && { Policy: typeof policy === 'string' ? policy : JSON.stringify(policy) }),
  }
}
