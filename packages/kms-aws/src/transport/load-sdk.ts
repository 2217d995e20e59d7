import type * as kms from '@aws-sdk/client-kms'

/** The module of the SDK, loaded when the first client is made: it takes some 100 ms, which importing this package must not. */
export type Sdk = typeof kms

/** Loads the SDK. */
export function loadSdk(): Promise<Sdk> {
  return import('@aws-sdk/client-kms')
}
