import { NotPlainError } from './not-plain-error.ts'

/** The flags that matter for a pattern over one name. "g" and "y" make a RegExp remember where it stopped; "m" would let it match a line. */
const FLAGS = { ignoreCase: 'i', dotAll: 's', unicode: 'u', unicodeSets: 'v' } as const

const sourceOf = getterOf('source')
const flagsOf = Object.entries(FLAGS).map(([name, flag]) => [getterOf(name), flag] as const)

/**
 * Copies a RegExp by the getters of the language, so that no member of the original is read.
 *
 * A subclass, or a RegExp with members of its own, may match differently from its source, so it is an error.
 *
 * @throws NotPlainError
 */
export function copyRegExp(given: RegExp, path: readonly PropertyKey[]): RegExp {
  if (!isUnchanged(given))
    throw new NotPlainError(path, 'expected a RegExp without a subclass or members of its own; write { regex: "…" }')
  const flags = flagsOf.filter(([isSet]) => isSet.call(given)).map(([, flag]) => flag)
  return new RegExp(sourceOf.call(given) as string, flags.join(''))
}

/** RegExps of other realms have another prototype; all of them stand directly below an `Object.prototype`. */
function isUnchanged(given: RegExp): boolean {
  const prototype = Object.getPrototypeOf(given) as object | null
  if (prototype === null || !Object.hasOwn(prototype, 'sticky')) return false
  const above = Object.getPrototypeOf(prototype) as object | null
  return (
    above !== null &&
    Object.getPrototypeOf(above) === null &&
    Reflect.ownKeys(given).every((name) => name === 'lastIndex')
  )
}

function getterOf(name: string): (this: unknown) => unknown {
  const { get } = Object.getOwnPropertyDescriptor(RegExp.prototype, name) as {
    readonly get: (this: unknown) => unknown
  }
  return get
}
