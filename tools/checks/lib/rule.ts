import type { PackedPackage } from './packed-package.ts'
import type { Workspace } from './workspace.ts'

/** What broke a rule: one line each, starting with the place. Empty when the rule holds. */
export type Violations = readonly string[] | Promise<readonly string[]>

/** A promise of the repository with what proves it, on the sources, on the packed tarballs, or on both. */
export interface Rule {
  /** The file's name. */
  readonly name: string
  /** What holds, in one sentence. */
  readonly promise: string
  readonly workspace?: (workspace: Workspace) => Violations
  readonly tarball?: (packed: PackedPackage) => Violations
}
