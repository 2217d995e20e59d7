const MIN_NODE = [22, 12] as const

/**
 * Throws if this version of Node.js is older than the packages of Keyfold support. Every entry calls it, because built-ins that an older version lacks
 * would otherwise fail later, with a message that does not name the cause.
 *
 * @param version - as in `process.versions.node`.
 */
export function requireNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return
  throw new Error(`Keyfold requires Node.js ${MIN_NODE.join('.')} or newer, and this is Node.js ${version}`)
}
