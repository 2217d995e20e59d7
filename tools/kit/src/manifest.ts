/** The parts of a package.json that the rules read. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly nx?: { readonly tags?: readonly string[] }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly overrides?: Readonly<Record<string, string>>
  readonly workspaces?: readonly string[]
  readonly [field: string]: unknown
}

/** Returns what is installed beside a package at its users: development dependencies are not. */
export function runtimeDependencies(manifest: Manifest, { optionalPeers = true } = {}): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest
  const optional = optionalPeers ? [] : optionalPeersOf(manifest)
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).filter(
    (name) => !optional.includes(name),
  )
}

/** Returns the peers that a user may leave out. */
export function optionalPeersOf({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest): readonly string[] {
  return Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional === true)
}

/** The targets of one exports entry by condition; a plain string is the condition `default`. */
export function conditionsOf(entry: string | Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return typeof entry === 'string' ? { default: entry } : entry
}
