import {
  InvalidResponseError,
  isKmsError,
  KmsConfigError,
  type Kek,
  type KekVersion,
  type KmsCallOptions,
} from '@keyfold/kms-api'

import type { RequestOptions, SdkOptions } from '../client/azure-client.ts'
import type { VaultClient } from '../client/create-client.ts'
import type { SdkSession } from '../client/sdk-session.ts'
import { kekTypeOf } from '../keys/key-type.ts'
import { PROVIDER } from '../provider.ts'
import type { AzureKmsAdmin, CreateKekOptions, RotationPolicy } from './azure-kms-admin.ts'

const RSA_BITS = 3_072
const OCT_BITS = 256
const WRAPS = ['wrapKey', 'unwrapKey']
const WRAPS_AND_BINDS = [...WRAPS, 'encrypt', 'decrypt']

/** The administrator behind {@link AzureKmsAdmin}. */
export class KeyAdmin implements AzureKmsAdmin {
  readonly #vault: VaultClient

  constructor(vault: VaultClient) {
    this.#vault = vault
  }

  /** @see https://learn.microsoft.com/rest/api/keyvault/keys/create-key/create-key */
  async createKek(alias: string, options: CreateKekOptions = {}): Promise<Kek> {
    const { keyName, keyVersion } = this.#vault.boundary.keyOfSelector(alias)
    if (keyVersion !== undefined) throw configError('alias', 'expected the name of a key, without a version')
    await this.#checkFree(keyName, alias, options)
    const { keyType = this.#vault.managedHsm ? 'oct-HSM' : 'RSA', keySize, tags, expiresOn, notBefore } = options
    const oct = keyType === 'oct-HSM'
    return await this.#kekOf({ ...options, kekSelector: alias }, 'keys/create', ({ keys }, sdk) =>
      keys.createKey(keyName, keyType, {
        ...sdk,
        keySize: keySize ?? (oct ? OCT_BITS : RSA_BITS),
        keyOps: oct ? WRAPS_AND_BINDS : WRAPS,
        ...(tags !== undefined && { tags: { ...tags } }),
        ...(expiresOn !== undefined && { expiresOn }),
        ...(notBefore !== undefined && { notBefore }),
      }),
    )
  }

  /** @see https://learn.microsoft.com/rest/api/keyvault/keys/rotate-key/rotate-key */
  async rotateKek(kekSelector: string, options?: KmsCallOptions): Promise<Kek> {
    const keyName = this.#nameOf(kekSelector)
    return await this.#kekOf({ ...options, kekSelector }, 'keys/rotate', ({ keys }, sdk) =>
      keys.rotateKey(keyName, sdk),
    )
  }

  async disableKek(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    await this.#setEnabled(kekSelector, false, options)
  }

  async enableKek(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    await this.#setEnabled(kekSelector, true, options)
  }

  /** @see https://learn.microsoft.com/rest/api/keyvault/keys/delete-key/delete-key */
  async scheduleKekDeletion(kekSelector: string, options: KmsCallOptions & { readonly days: number }): Promise<void> {
    const keyName = this.#nameOf(kekSelector)
    const request = { ...options, kekSelector }
    const { properties } = await this.#send(request, 'keys/get', ({ keys }, sdk) => keys.getKey(keyName, sdk))
    const { recoverableDays } = properties
    if (recoverableDays !== undefined && recoverableDays !== options.days)
      throw configError('days', `expected ${recoverableDays}: so long does this vault keep deleted keys`)
    await this.#send(request, 'keys/delete', async ({ keys }, sdk) => {
      await keys.beginDeleteKey(keyName, sdk)
    })
  }

  /** @see https://learn.microsoft.com/rest/api/keyvault/keys/recover-deleted-key/recover-deleted-key */
  async cancelKekDeletion(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    const keyName = this.#nameOf(kekSelector)
    await this.#send({ ...options, kekSelector }, 'keys/recover', async ({ keys }, sdk) => {
      await keys.beginRecoverDeletedKey(keyName, sdk)
    })
  }

  async listKekVersions(kekSelector: string, options?: KmsCallOptions): Promise<readonly KekVersion[]> {
    const versions = await this.#versions(kekSelector, options)
    return versions.map(({ version, createdAt, enabled }) => ({
      version,
      ...(createdAt !== undefined && { createdAt }),
      state: enabled ? 'enabled' : 'disabled',
    }))
  }

  /** @see https://learn.microsoft.com/rest/api/keyvault/keys/update-key-rotation-policy/update-key-rotation-policy */
  async setRotationPolicy(kekSelector: string, policy: RotationPolicy, options?: KmsCallOptions): Promise<void> {
    const keyName = this.#nameOf(kekSelector)
    const { rotateAfter, expiresAfter } = policy
    await this.#send({ ...options, kekSelector }, 'keys/rotationpolicy/set', ({ keys }, sdk) =>
      keys.updateKeyRotationPolicy(
        keyName,
        {
          lifetimeActions: [{ action: 'Rotate', timeAfterCreate: rotateAfter }],
          ...(expiresAfter !== undefined && { expiresIn: expiresAfter }),
        },
        sdk,
      ),
    )
  }

  async getRotationPolicy(kekSelector: string, options?: KmsCallOptions): Promise<RotationPolicy | undefined> {
    const keyName = this.#nameOf(kekSelector)
    const policy = await this.#send({ ...options, kekSelector }, 'keys/rotationpolicy/get', ({ keys }, sdk) =>
      keys.getKeyRotationPolicy(keyName, sdk),
    )
    const rotateAfter = policy.lifetimeActions?.find(({ action }) => action === 'Rotate')?.timeAfterCreate
    if (rotateAfter === undefined) return undefined
    return { rotateAfter, ...(policy.expiresIn !== undefined && { expiresAfter: policy.expiresIn }) }
  }

  /** @see https://learn.microsoft.com/rest/api/keyvault/keys/purge-deleted-key/purge-deleted-key */
  async purgeDeletedKek(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    const keyName = this.#nameOf(kekSelector)
    await this.#send({ ...options, kekSelector }, 'keys/purge', ({ keys }, sdk) => keys.purgeDeletedKey(keyName, sdk))
  }

  close(): Promise<void> {
    return this.#vault.client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #nameOf(kekSelector: string): string {
    return this.#vault.boundary.keyOfSelector(kekSelector).keyName
  }

  async #send<T>(
    { signal, kekSelector }: KmsCallOptions & Pick<RequestOptions, 'kekSelector'>,
    permission: string,
    send: (session: SdkSession, options: SdkOptions) => Promise<T>,
  ): Promise<T> {
    const { client } = this.#vault
    return (await client.request({ operation: 'admin', kekSelector, permission, signal }, send)).result
  }

  /** Creating a key whose name is taken would create a version of it. */
  async #checkFree(keyName: string, kekSelector: string, options: KmsCallOptions): Promise<void> {
    const request = { ...options, kekSelector }
    const taken = configError(
      'alias',
      'expected a name that is free: a key of this name exists, or was deleted and not purged',
    )
    for (const find of ['getKey', 'getDeletedKey'] as const) {
      const exists = await this.#send(request, 'keys/get', ({ keys }, sdk) => keys[find](keyName, sdk)).then(
        () => true,
        (error: unknown) => {
          if (isKmsError(error, 'KMS_UNKNOWN_ALIAS')) return false
          if (isKmsError(error, 'KMS_KEY_UNAVAILABLE')) return true
          throw error
        },
      )
      if (exists) throw taken
    }
  }

  async #kekOf(
    request: KmsCallOptions & Pick<RequestOptions, 'kekSelector'>,
    permission: string,
    send: (
      session: SdkSession,
      options: SdkOptions,
    ) => Promise<{ readonly id?: string | undefined; readonly keyType?: string | undefined }>,
  ): Promise<Kek> {
    const { id, keyType } = await this.#send(request, permission, send)
    const { boundary, client } = this.#vault
    const key = id === undefined ? undefined : boundary.keyOfUrl(id)
    const kekType = kekTypeOf(keyType)
    if (key?.keyVersion === undefined || kekType === undefined)
      throw new InvalidResponseError('the key that was requested', client.details({ operation: 'admin', ...request }))
    return boundary.kekOf(key.keyName, key.keyVersion, kekType)
  }

  async #setEnabled(kekSelector: string, enabled: boolean, options: KmsCallOptions = {}): Promise<void> {
    const keyName = this.#nameOf(kekSelector)
    for (const { version } of await this.#versions(kekSelector, options)) {
      await this.#send({ ...options, kekSelector }, 'keys/update', ({ keys }, sdk) =>
        keys.updateKeyProperties(keyName, version, { ...sdk, enabled }),
      )
    }
  }

  /** Oldest first. */
  async #versions(kekSelector: string, options: KmsCallOptions = {}) {
    const keyName = this.#nameOf(kekSelector)
    const found = await this.#send({ ...options, kekSelector }, 'keys/list', async ({ keys }, sdk) => {
      const versions: { version: string; createdAt: Date | undefined; enabled: boolean }[] = []
      for await (const { version, createdOn, enabled } of keys.listPropertiesOfKeyVersions(keyName, sdk)) {
        if (version !== undefined) versions.push({ version, createdAt: createdOn, enabled: enabled !== false })
      }
      return versions
    })
    return found.sort((a, b) => (a.createdAt?.getTime() ?? 0) - (b.createdAt?.getTime() ?? 0))
  }
}

function configError(path: string, problem: string): KmsConfigError {
  return new KmsConfigError(path, problem, { provider: PROVIDER, operation: 'admin' })
}
