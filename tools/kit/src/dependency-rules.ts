import { runtimeDependencies, type Manifest } from './manifest.ts'

/** R1 to R4 and R7, by Nx tag: which of our packages are installed with one, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'type:native': [],
  'type:api': [],
  'type:provider': ['@keyfold/kms-api'],
  'type:encryption': ['@keyfold/kms-api'],
  'type:test-support': ['@keyfold/kms-api'],
  'type:config': ['@keyfold/kms-api', '@keyfold/record-encryption'],
  'type:cli': ['@keyfold/config', '@keyfold/kms-api', '@keyfold/record-encryption'],
}

/** Returns the packages of ours that the rules let a package depend on, itself among them. */
export function allowedPackages({ name, nx }: Manifest): readonly string[] {
  const allowed = ALLOWED[nx?.tags?.[0] ?? '']
  if (allowed === undefined) throw new Error(`"nx.tags" of ${name} expected one of ${Object.keys(ALLOWED).join(', ')}`)
  return [name, ...allowed]
}

/** Returns the packages of ours that a user who installs one gets, itself among them, sorted. */
export function installedPackages(manifest: Manifest): readonly string[] {
  const declared = runtimeDependencies(manifest, { optionalPeers: false })
  return allowedPackages(manifest)
    .filter((name) => name === manifest.name || declared.includes(name))
    .sort()
}
