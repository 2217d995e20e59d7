import type { Kek } from '../../contract/kek.ts'

/**
 * Returns a function that creates the references of one provider: frozen, with the members of a {@link Kek} alone.
 *
 * ```ts
 * export const PROVIDER = 'acme'
 * export const kekReference = kekReferences(PROVIDER)
 * const kek = kekReference('payments', '3')
 * ```
 *
 * @param provider - the provider's short name.
 * @param wrapping - what an EDEK of these KEKs proves.
 */
export function kekReferences(
  provider: string,
  wrapping: Kek['wrapping'] = 'authenticated',
): (id: string, version?: string) => Kek {
  return (id, version) =>
    Object.freeze(version === undefined ? { provider, id, wrapping } : { provider, id, version, wrapping })
}

/** Copies what an operation returned, if it is a reference of `provider`. Frozen, with the members of a {@link Kek} alone. */
export function ownReference(value: unknown, provider: string): Kek | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { provider: named, id, version, wrapping, unproven } = value as Partial<Kek>
  if (named !== provider || typeof id !== 'string' || id === '') return undefined
  if (version !== undefined && (typeof version !== 'string' || version === '')) return undefined
  if (wrapping !== 'authenticated' && wrapping !== 'public-key') return undefined
  if (unproven !== undefined && (unproven as unknown) !== true) return undefined
  return Object.freeze({ provider, id, ...(version && { version }), wrapping, ...(unproven && { unproven }) })
}
