const LEAST = [22, 12] as const

/** Returns whether this Node.js is too old for the packages of Keyfold, which fail to load there with a message that does not name the cause. */
export function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])
}
