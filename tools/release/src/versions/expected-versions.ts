import { inCaretRange } from '../../../checks/lib/caret-range.ts'
import { runtimeDependencies, type Manifest } from '../../../checks/lib/manifest.ts'
import { bumped, type Bump } from './semantic-version.ts'
import type { Versions } from './versions-of.ts'

/**
 * Says what a release has to be: the packages that are named, and as a patch each package that is installed with one of them and whose range
 * the new version has left. What stays in range stays as it is.
 */
export function expectedVersions(manifests: readonly Manifest[], named: Readonly<Record<string, Bump>>): Versions {
  const versions = new Map(
    manifests.map(({ name, version }) => [
      name,
      bumpOf(named, name) === undefined ? version : bumped(version, bumpOf(named, name) ?? 'patch'),
    ]),
  )
  const old = new Map(manifests.map(({ name, version }) => [name, version]))
  for (let changed = true; changed;) {
    changed = false
    for (const manifest of manifests) {
      if (versions.get(manifest.name) !== manifest.version) continue
      const left = runtimeDependencies(manifest).some((name) => {
        const version = versions.get(name)
        return version !== undefined && !inCaretRange(version, old.get(name) ?? version)
      })
      if (!left) continue
      versions.set(manifest.name, bumped(manifest.version, 'patch'))
      changed = true
    }
  }
  return versions
}

function bumpOf(named: Readonly<Record<string, Bump>>, name: string): Bump | undefined {
  return Object.hasOwn(named, name) ? named[name] : undefined
}
