/** Longest part of an unknown name that a message repeats. */
const MAX_NAME = 40

/** Writes a JSONPath. Names that are no plain words are quoted, cut and left without control characters. */
export function formatPath(segments: readonly (string | number)[]): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === 'number') return `${path}[${segment}]`
    return /^[A-Za-z_]\w{0,39}$/.test(segment) ? `${path}.${segment}` : `${path}[${quote(segment)}]`
  }, '$')
}

function quote(name: string): string {
  const cut = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name
  return JSON.stringify(cut).replace(
    /[^\x20-\x7e…]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
