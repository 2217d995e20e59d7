import { InvalidResponseError, isKmsError, type Kek, type KekVersion, type KmsCallOptions } from '@keyfold/kms-api'

import { parseArn } from '../keys/arn.ts'
import { PROVIDER } from '../provider.ts'
import type { AwsKek, AwsKmsAdmin, CreateKekOptions, ReplicateKekOptions } from './aws-kms-admin.ts'
import { described, type KeyRequests } from './key-requests.ts'
import { listRotations, versionsOf } from './key-versions.ts'

/** A key whose alias could not be created was never used: the shortest time that AWS permits. */
const MIN_DAYS = 7

/** The administrator behind {@link AwsKmsAdmin}. */
export class KeyAdmin implements AwsKmsAdmin {
  readonly #requests: KeyRequests

  constructor(requests: KeyRequests) {
    this.#requests = requests
  }

  /**
   * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
   * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
   */
  async createKek(alias: string, options: CreateKekOptions = {}): Promise<Kek> {
    const AliasName = this.#requests.aliasOf(alias)
    const { multiRegion = false, signal } = options
    const usage = { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', MultiRegion: multiRegion } as const
    const { KeyMetadata } = await this.#requests.send(
      { action: 'CreateKey', signal },
      (sdk) => new sdk.CreateKeyCommand({ ...usage, ...described(options) }),
    )
    const { kek } = this.#requests.kekOf(KeyMetadata)
    const TargetKeyId = this.#requests.keyIdOf(kek.id)
    try {
      await this.#requests.send(
        { action: 'CreateAlias', signal },
        (sdk) => new sdk.CreateAliasCommand({ AliasName, TargetKeyId }),
      )
    } catch (error) {
      await this.#abandon(TargetKeyId)
      throw error
    }
    return kek
  }

  describeKek(kekSelector: string, options?: KmsCallOptions): Promise<AwsKek> {
    return this.#requests.describe(kekSelector, options)
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_RotateKeyOnDemand.html */
  async rotateKek(kekSelector: string, options?: KmsCallOptions): Promise<Kek> {
    const request = { ...options, action: 'RotateKeyOnDemand' }
    await this.#requests.sendTo(kekSelector, request, (sdk, KeyId) => new sdk.RotateKeyOnDemandCommand({ KeyId }))
    return (await this.#requests.describe(kekSelector, options)).kek
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html */
  async disableKek(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    const request = { ...options, action: 'DisableKey' }
    await this.#requests.sendTo(kekSelector, request, (sdk, KeyId) => new sdk.DisableKeyCommand({ KeyId }))
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html */
  async enableKek(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    const request = { ...options, action: 'EnableKey' }
    await this.#requests.sendTo(kekSelector, request, (sdk, KeyId) => new sdk.EnableKeyCommand({ KeyId }))
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html */
  async scheduleKekDeletion(kekSelector: string, options: KmsCallOptions & { readonly days: number }): Promise<void> {
    const request = { ...options, action: 'ScheduleKeyDeletion' }
    await this.#requests.sendTo(
      kekSelector,
      request,
      (sdk, KeyId) => new sdk.ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: options.days }),
    )
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html */
  async cancelKekDeletion(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    const request = { ...options, action: 'CancelKeyDeletion' }
    await this.#requests.sendTo(kekSelector, request, (sdk, KeyId) => new sdk.CancelKeyDeletionCommand({ KeyId }))
  }

  async listKekVersions(kekSelector: string, options?: KmsCallOptions): Promise<readonly KekVersion[]> {
    const { kek } = await this.#requests.describe(kekSelector, options)
    return versionsOf(await listRotations(this.#requests, kekSelector, this.#requests.keyIdOf(kek.id), options), kek)
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html */
  async enableRotation(
    kekSelector: string,
    options: KmsCallOptions & { readonly periodInDays?: number | undefined } = {},
  ): Promise<void> {
    const { periodInDays: days } = options
    const period = days === undefined ? {} : { RotationPeriodInDays: days }
    await this.#requests.sendTo(
      kekSelector,
      { ...options, action: 'EnableKeyRotation' },
      (sdk, KeyId) => new sdk.EnableKeyRotationCommand({ KeyId, ...period }),
    )
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html */
  async disableRotation(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    const request = { ...options, action: 'DisableKeyRotation' }
    await this.#requests.sendTo(kekSelector, request, (sdk, KeyId) => new sdk.DisableKeyRotationCommand({ KeyId }))
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html */
  async setAlias(alias: string, kekSelector: string, options?: KmsCallOptions): Promise<void> {
    const AliasName = this.#requests.aliasOf(alias)
    const { kek } = await this.#requests.describe(kekSelector, options)
    const input = { AliasName, TargetKeyId: this.#requests.keyIdOf(kek.id) }
    try {
      await this.#requests.send(
        { ...options, action: 'UpdateAlias', kekSelector: alias },
        (sdk) => new sdk.UpdateAliasCommand(input),
      )
    } catch (error) {
      if (!isKmsError(error, 'KMS_UNKNOWN_ALIAS')) throw error
      await this.#requests.send({ ...options, action: 'CreateAlias' }, (sdk) => new sdk.CreateAliasCommand(input))
    }
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html */
  async deleteAlias(alias: string, options?: KmsCallOptions): Promise<void> {
    const AliasName = this.#requests.aliasOf(alias)
    await this.#requests.send(
      { ...options, action: 'DeleteAlias', kekSelector: alias },
      (sdk) => new sdk.DeleteAliasCommand({ AliasName }),
    )
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html */
  async replicateKek(kekSelector: string, region: string, options: ReplicateKekOptions = {}): Promise<string> {
    const { ReplicaKeyMetadata } = await this.#requests.sendTo(
      kekSelector,
      { ...options, action: 'ReplicateKey' },
      (sdk, KeyId) => new sdk.ReplicateKeyCommand({ KeyId, ReplicaRegion: region, ...described(options) }),
    )
    const arn = ReplicaKeyMetadata?.Arn
    if (typeof arn !== 'string' || parseArn(arn)?.region !== region)
      throw new InvalidResponseError('the ARN of the replica', { provider: PROVIDER, operation: 'admin' })
    return arn
  }

  close(): Promise<void> {
    this.#requests.close()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #abandon(KeyId: string): Promise<void> {
    const create = { KeyId, PendingWindowInDays: MIN_DAYS }
    await this.#requests
      .send({ action: 'ScheduleKeyDeletion' }, (sdk) => new sdk.ScheduleKeyDeletionCommand(create))
      .catch(() => undefined)
  }
}
