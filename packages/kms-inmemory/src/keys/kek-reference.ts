import type { Kek } from '@keyfold/kms-api'

/** The provider's short name. */
export const PROVIDER = 'inmemory'

/** Makes a reference. An EDEK does not say under which version it was wrapped, so that only a resolved reference has one. */
export function kekReference(id: string, version?: number): Kek {
  const kek: Kek = { provider: PROVIDER, id, wrapping: 'authenticated' }
  return Object.freeze(version === undefined ? kek : { ...kek, version: String(version) })
}
