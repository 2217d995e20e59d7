import type { Workspace } from '@keyfold/kit/workspace'

/** Versions by package. */
export type Versions = ReadonlyMap<string, string>

/** Reads the versions of the published packages. */
export function versionsOf(workspace: Workspace): Versions {
  return new Map(workspace.published.map(({ manifest }) => [manifest.name, manifest.version]))
}

/** Says which versions differ, one a line. */
export function changesBetween(before: Versions, after: Versions): readonly string[] {
  return [...after]
    .filter(([name, version]) => before.get(name) !== version)
    .map(([name, version]) => `${name} ${before.get(name) ?? 'none'} -> ${version}`)
}
