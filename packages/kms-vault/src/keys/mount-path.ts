const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9_.~-]*[A-Za-z0-9_~])?$/
const LONGEST = 512

/** Says whether `path` can be the path of a mount or a namespace: segments in ASCII between single slashes, none of which can change a path. */
export function isMountPath(path: string): boolean {
  return path.length <= LONGEST && path.split('/').every((segment) => SEGMENT.test(segment))
}
