import semver from 'semver'

import type { Workspace } from '@keyfold/kit/workspace'

import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'exact-pins',
  reads: 'dependencies',
  promise:
    'dependencies are pinned to one exact version each, the same everywhere; our own are "^" and a version whose range the one that is here is in',
  workspace: (workspace) => {
    const own = new Map(workspace.packages.map(({ manifest }) => [manifest.name, manifest.version]))
    const all = pins(workspace)
    const versions = Map.groupBy(all, ({ name }) => name)
    return all.flatMap(({ place, name, range }) => {
      const version = own.get(name)
      // A release that stays in range leaves its dependants as they are, and their ranges too.
      if (version !== undefined)
        return isCaretOf(range, version) ? [] : [`${place} expected "${name}": "^${version}", got "${range}"`]
      if (semver.valid(range) !== range) return [`${place} expected an exact version of "${name}", got "${range}"`]
      const other = versions.get(name)?.find((pin) => pin.range !== range)
      return other === undefined ? [] : [`${place} has "${name}" at ${range}, ${other.place} at ${other.range}`]
    })
  },
}

function isCaretOf(range: string, version: string): boolean {
  return range.startsWith('^') && semver.valid(range.slice(1)) !== null && semver.satisfies(version, range)
}

function pins(
  workspace: Workspace,
): readonly { readonly place: string; readonly name: string; readonly range: string }[] {
  return [{ folder: '.', manifest: workspace.manifest }, ...workspace.packages].flatMap(({ folder, manifest }) =>
    Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
      ...manifest.overrides,
    }).map(([name, range]) => ({
      place: `${folder}/package.json`,
      name,
      range,
    })),
  )
}
