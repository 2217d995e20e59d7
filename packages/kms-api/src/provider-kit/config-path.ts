import { printable } from '../errors/printable.ts'

const PLAIN = /^[A-Za-z_$][\w$-]*$/

/** Writes a path as people do: `keks[0].alias`; what is no plain name is quoted. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const segment of path) {
    const name = String(segment)
    if (typeof segment === 'number') text += `[${name}]`
    else if (PLAIN.test(name)) text += text === '' ? name : `.${name}`
    else text += `[${printable(name)}]`
  }
  return text
}

/** Gives what stands at a path, `undefined` where there is nothing. */
export function valueAt(config: unknown, path: readonly PropertyKey[]): unknown {
  let value = config
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}
