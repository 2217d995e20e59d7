const LEAST = [22, 12] as const

/** Says whether this Node.js is too old for the packages of Keyfold, which fail to load there with a message that says nothing of it. */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])
}
