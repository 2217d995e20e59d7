import type { Kek } from '@keyfold/kms-api'

/** The provider's short name. */
export const PROVIDER = 'aws'

/** Makes a reference. An EDEK does not say which key material wrapped it, so that only a resolved reference has a version. */
export function kekReference(id: string, version?: string): Kek {
  const kek: Kek = { provider: PROVIDER, id, wrapping: 'authenticated' }
  return Object.freeze(version === undefined ? kek : { ...kek, version })
}
