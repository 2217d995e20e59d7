import type { CryptographyClient, KeyClient, KeyVaultKey } from '@azure/keyvault-keys'

import type { Sdk } from '../transport/load-sdk.ts'
import { Gate } from './gate.ts'

/** The clients of the SDK that share one pipeline: its token, and the gate before its first call. */
export class SdkSession {
  readonly keys: KeyClient
  readonly gate = new Gate()
  readonly #sdk: Sdk

  constructor(sdk: Sdk, keys: KeyClient) {
    this.#sdk = sdk
    this.keys = keys
  }

  /**
   * Returns a client of one key version.
   *
   * It is created from a key that holds an id and nothing else. From an id alone, the SDK would look the key up first, which needs `keys/get`; it would
   * then refuse to unwrap with a key that has expired, although the service does, and wrap locally where it can. `generatedClient` is how the SDK's
   * own `KeyClient.getCryptographyClient` shares its pipeline.
   */
  cryptography(keyName: string, keyVersion: string): CryptographyClient {
    const { vaultUrl } = this.keys
    const id = `${vaultUrl.replace(/\/+$/, '')}/keys/${keyName}/${keyVersion}`
    const key: KeyVaultKey = {
      id,
      name: keyName,
      properties: { name: keyName, vaultUrl, version: keyVersion },
      key: {},
    }
    const { client } = this.keys as unknown as { readonly client: unknown }
    const unused = { getToken: () => Promise.resolve(null) }
    return new this.#sdk.CryptographyClient(key, unused, { generatedClient: client } as object)
  }
}

/** Returns whether a client of the application has what {@link SdkSession} needs. */
export function isKeyClient(value: unknown): value is KeyClient {
  const { vaultUrl, getKey, client } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly vaultUrl?: unknown
    readonly getKey?: unknown
    readonly client?: { readonly wrapKey?: unknown }
  }
  return typeof vaultUrl === 'string' && typeof getKey === 'function' && typeof client?.wrapKey === 'function'
}
