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
  readonly overrides?: Readonly<Record<string, string>>
  readonly workspaces?: readonly string[]
  readonly [field: string]: unknown
}

/** What is installed beside a package at its users': development dependencies are not. */
export function runtimeDependencies(manifest: Manifest): readonly string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies })
}

/** The targets of one exports entry by condition; a plain string is the condition `default`. */
export function conditionsOf(entry: string | Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return typeof entry === 'string' ? { default: entry } : entry
}
