import type { Kek } from '@keyfold/kms-api'

/** The provider's short name. */
export const PROVIDER = 'inmemory'

/** Makes a reference. An EDEK does not say under which version it was wrapped, so that only a resolved reference has one. */
export function kekReference(id: string, version?: number): Kek {
  return Object.freeze({ provider: PROVIDER, id, ...(version === undefined ? {} : { version: String(version) }), wrapping: 'authenticated' as const })
}
