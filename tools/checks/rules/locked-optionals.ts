import type { Rule } from '../lib/rule.ts'

interface LockEntry {
  readonly version?: string
  readonly link?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export const rule: Rule = {
  name: 'locked-optionals',
  reads: 'dependencies',
  promise: 'the lockfile has an entry for every optional dependency of every platform, without which npm ci refuses it',
  workspace: (workspace) => {
    const [file] = workspace.files(/^package-lock\.json$/)
    if (file === undefined) return ['package-lock.json is missing']
    const { packages = {} } = JSON.parse(file.text) as { packages?: Readonly<Record<string, LockEntry>> }
    return Object.entries(packages).flatMap(([place, entry]) =>
      Object.entries(entry.optionalDependencies ?? {})
        .filter(([name]) => !isLocked(packages, place, name))
        .map(
          ([name, range]) =>
            `package-lock.json has no entry for ${name}@${range}, an optional dependency of ${place === '' ? 'the root' : place}`,
        ),
    )
  },
}

/** Whether `name` resolves from `place` as Node would resolve it: the nearest node_modules first. */
function isLocked(packages: Readonly<Record<string, LockEntry>>, place: string, name: string): boolean {
  for (let at = place; ; at = at.replace(/(?:^|\/)(?:node_modules\/)?(?:@[^/]+\/)?[^/]+$/, '')) {
    const entry = packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]
    if (entry !== undefined) return entry.version !== undefined || entry.link === true
    if (at === '') return false
  }
}
