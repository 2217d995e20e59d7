/** Says whether `version` is in the range `^base`: not older, and equal to the left of the first number of `base` that is not 0. */
export function inCaretRange(version: string, base: string): boolean {
  const [major, minor, patch] = versionNumbers(version)
  const [baseMajor, baseMinor, basePatch] = versionNumbers(base)
  if (major !== baseMajor) return false
  if (baseMajor > 0) return minor > baseMinor || (minor === baseMinor && patch >= basePatch)
  if (minor !== baseMinor) return false
  return baseMinor > 0 ? patch >= basePatch : patch === basePatch
}

/** The three numbers of a version without a pre-release. */
export function versionNumbers(version: string): readonly [major: number, minor: number, patch: number] {
  const found = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)
  if (found === null) throw new Error(`"version" expected three numbers, got ${version}`)
  return [Number(found[1]), Number(found[2]), Number(found[3])]
}
