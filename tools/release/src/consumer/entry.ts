import type { Manifest } from '../../../checks/lib/manifest.ts'

/** Gives what users import from a package: the specifier of each entry that is code. */
export function entriesOf({ name, exports = {} }: Manifest): readonly string[] {
  return Object.keys(exports)
    .filter((entry) => !entry.endsWith('.json'))
    .map((entry) => `${name}${entry.slice(1)}`)
}

/** Gives the peers that a user may leave out. */
export function optionalPeersOf(manifest: Manifest): readonly string[] {
  const meta = (manifest['peerDependenciesMeta'] ?? {}) as Readonly<Record<string, { readonly optional?: boolean }>>
  return Object.keys(manifest.peerDependencies ?? {}).filter((name) => meta[name]?.optional === true)
}
