import type * as keys from '@azure/keyvault-keys'

/** The module of the SDK, loaded when the first client is created: it takes some 100 ms, which importing this package must not. */
export type Sdk = typeof keys

/** Loads the SDK. */
export function loadSdk(): Promise<Sdk> {
  return import('@azure/keyvault-keys')
}
