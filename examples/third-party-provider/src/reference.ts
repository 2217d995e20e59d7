import type { Kek } from '@keyfold/kms-api'

/** The provider's short name. It is part of every reference, so it never changes. */
export const PROVIDER = 'acme-jsonfile'

/** Makes a reference. An EDEK's has no version. */
export function reference(id: string, version?: number): Kek {
  const kek: Kek = { provider: PROVIDER, id, wrapping: 'authenticated' }
  return Object.freeze(version === undefined ? kek : { ...kek, version: String(version) })
}
