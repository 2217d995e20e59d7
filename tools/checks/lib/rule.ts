import type { PackedPackage } from '@keyfold/kit/packed-package'
import type { Workspace } from '@keyfold/kit/workspace'

/** What broke a rule: one line each, starting with the place. Empty when the rule holds. */
export type Violations = readonly string[] | Promise<readonly string[]>

/** A promise of the repository with what proves it, on the sources, on the packed tarballs, or on both. */
export interface Rule {
  /** The file's name. */
  readonly name: string
  /** What holds, in one sentence. */
  readonly promise: string
  /** What a change of has to happen before a rule about sources is run again: one Nx target each. */
  readonly reads?: 'code' | 'docs' | 'dependencies' | 'files'
  readonly workspace?: (workspace: Workspace) => Violations
  readonly tarball?: (packed: PackedPackage) => Violations
}
