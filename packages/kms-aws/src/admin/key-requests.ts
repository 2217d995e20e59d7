import type { KeyMetadata, Tag } from '@aws-sdk/client-kms'

import { InvalidResponseError, type KmsCallOptions, type KmsErrorDetails } from '@keyfold/kms-api'

import type { AwsClient, AwsCommand } from '../client/aws-client.ts'
import { parseArn } from '../keys/arn.ts'
import type { Boundary } from '../keys/boundary.ts'
import { keyIdOfSelector } from '../keys/key-id-of-selector.ts'
import { kekReference, PROVIDER } from '../provider.ts'
import type { Sdk } from '../transport/load-sdk.ts'
import type { AwsKek, KekDescription } from './aws-kms-admin.ts'

const DETAILS: KmsErrorDetails = { provider: PROVIDER, operation: 'admin' }

/** What one administrative request is for. */
export interface KeyRequest extends KmsCallOptions {
  /** The operation of AWS KMS, which is also the name of the permission. */
  readonly action: string
  readonly kekSelector?: string | undefined
}

/** Sends the requests of an administrator, and reads what AWS KMS says about keys. */
export class KeyRequests {
  readonly #client: AwsClient
  readonly #boundary: Boundary

  constructor(client: AwsClient, boundary: Boundary) {
    this.#client = client
    this.#boundary = boundary
  }

  send<Output>(request: KeyRequest, create: (sdk: Sdk) => AwsCommand<Output>): Promise<Output> {
    const { action, kekSelector, signal } = request
    return this.#client.request({ operation: 'admin', kekSelector, permission: `kms:${action}`, signal }, create)
  }

  /** Sends a request for the key that a selector leads to: most operations accept a key id, but no alias. */
  async sendTo<Output>(
    kekSelector: string,
    request: KeyRequest,
    create: (sdk: Sdk, KeyId: string) => AwsCommand<Output>,
  ): Promise<Output> {
    const { kek } = await this.describe(kekSelector, request)
    const KeyId = this.keyIdOf(kek.id)
    return await this.send({ ...request, kekSelector }, (sdk) => create(sdk, KeyId))
  }

  /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
  async describe(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<AwsKek> {
    const KeyId = keyIdOfSelector(kekSelector, this.#boundary)
    const { KeyMetadata } = await this.send(
      { action: 'DescribeKey', kekSelector, signal },
      (sdk) => new sdk.DescribeKeyCommand({ KeyId }),
    )
    return this.kekOf(KeyMetadata)
  }

  keyIdOf(kekId: string): string {
    return this.#boundary.keyIdOfRequest(kekId)
  }

  /** @throws `KMS_CONFIG` for an alias that AWS cannot hold. */
  aliasOf(alias: string): string {
    return keyIdOfSelector(alias.startsWith('alias/') ? alias : `alias/${alias}`, this.#boundary)
  }

  kekOf(metadata: KeyMetadata | undefined): AwsKek {
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

  close(): void {
    this.#client.close()
  }
}

/** Returns a description as the SDK takes it. */
export function described({ description, tags, policy }: KekDescription): {
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
