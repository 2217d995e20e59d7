import type { Kek } from '@keyfold/kms-api'

/** The provider's short name. */
export const PROVIDER = 'vault'

/** Makes the reference of a key: its mount and name, which survive a rotation. */
export function kekReference(id: string, version?: string): Kek {
  const kek: Kek = { provider: PROVIDER, id, wrapping: 'authenticated' }
  return Object.freeze(version === undefined ? kek : { ...kek, version })
}
