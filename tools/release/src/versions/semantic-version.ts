import { versionNumbers } from '../../../checks/lib/caret-range.ts'

/** How much a release may change. */
export type Bump = 'patch' | 'minor' | 'major'

/** Gives the version that follows. Below 1.0.0, `minor` is what breaks. */
export function bumped(version: string, bump: Bump): string {
  const [major, minor, patch] = versionNumbers(version)
  if (bump === 'major') return `${major + 1}.0.0`
  return bump === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}
