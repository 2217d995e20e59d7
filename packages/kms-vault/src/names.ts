const MAX_PATH = 512
/** Vault takes any length; longer names do not fit into a URL everywhere. */
const MAX_KEY_NAME = 1_024

const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9_.~-]*[A-Za-z0-9_~])?$/
/** What Vault's routes accept as the name of a key, in ASCII: it cannot change the path of a request. */
const KEY_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/

/** Says whether `name` can be the name of a key of the Transit engine. */
export function isKeyName(name: string): boolean {
  return name.length <= MAX_KEY_NAME && KEY_NAME.test(name)
}

/** Says whether `path` can be the path of a mount or a namespace: segments in ASCII between single slashes, none of which can change a path. */
export function isMountPath(path: string): boolean {
  return path.length <= MAX_PATH && path.split('/').every((segment) => SEGMENT.test(segment))
}

/** Removes the slash at the end, with which Vault's own tools write the paths of mounts and namespaces. */
export function withoutFinalSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
