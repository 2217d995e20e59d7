import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  type KMSClient,
} from '@aws-sdk/client-kms'

import type { TestKek, TestKekManager } from '@keyfold/kms-test-support'

/** Administers KEKs with the bare SDK, so that the suite does not rest on the package's own administration. */
export class AwsKekManager implements TestKekManager {
  readonly #client: KMSClient

  constructor(client: KMSClient) {
    this.#client = client
  }

  async create(name: string): Promise<TestKek> {
    // moto answers without a usage unless one is asked for.
    const { KeyMetadata } = await this.#client.send(
      new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT', KeySpec: 'SYMMETRIC_DEFAULT' }),
    )
    const { KeyId = '', Arn = '' } = KeyMetadata ?? {}
    await this.#client.send(new CreateAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: KeyId }))
    return { name, selectors: [name, `alias/${name}`, KeyId, Arn, Arn.replace(/key\/.*$/, `alias/${name}`)] }
  }

  async delete(kek: TestKek): Promise<void> {
    await this.#client.send(new ScheduleKeyDeletionCommand({ KeyId: keyIdOf(kek), PendingWindowInDays: 7 }))
    await this.#client.send(new DeleteAliasCommand({ AliasName: `alias/${kek.name}` }))
  }

  async rotate(kek: TestKek): Promise<void> {
    await this.#client.send(new RotateKeyOnDemandCommand({ KeyId: keyIdOf(kek) }))
  }

  async disable(kek: TestKek): Promise<void> {
    await this.#client.send(new DisableKeyCommand({ KeyId: keyIdOf(kek) }))
  }

  async enable(kek: TestKek): Promise<void> {
    await this.#client.send(new EnableKeyCommand({ KeyId: keyIdOf(kek) }))
  }

  async exists(kek: TestKek): Promise<boolean> {
    const { KeyMetadata } = await this.#client.send(new DescribeKeyCommand({ KeyId: keyIdOf(kek) }))
    return KeyMetadata?.KeyState !== 'PendingDeletion'
  }
}

function keyIdOf(kek: TestKek): string {
  return kek.selectors[2] ?? ''
}
