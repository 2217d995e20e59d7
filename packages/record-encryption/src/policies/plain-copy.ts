import { types } from 'node:util'

import { copyRegExp } from './copy-reg-exp.ts'
import { NotPlainError } from './not-plain-error.ts'

/** Options have six levels; deeper ones contain themselves. */
const MAX_DEPTH = 16
const NO_REFERENCES: ReadonlySet<string> = new Set()

/** Natives whose content is not in their members: read as objects, they would seem empty. */
const NATIVES = [
  types.isMap,
  types.isSet,
  types.isWeakMap,
  types.isWeakSet,
  types.isDate,
  types.isPromise,
  types.isBoxedPrimitive,
  types.isAnyArrayBuffer,
  types.isArrayBufferView,
  types.isNativeError,
]

/**
 * Copies options into frozen objects without a prototype and frozen arrays, reading each member exactly once. What is checked is the copy, and
 * what is checked is what is used, whatever the original returns later.
 *
 * - Own members are read whether they are enumerable or not, and whether they are values or getters.
 * - Inherited members are read as well: a getter of a class, a method, an object that another was created from. The nearest one wins.
 * - Nothing is read from `Object.prototype`, of this realm or another, so a polluted prototype adds no option.
 * - Members named by a symbol or `__proto__`, array holes, natives such as `Map`, and subclasses of `RegExp` are errors.
 * - Functions are passed on as they are.
 *
 * @param given - neither kept nor changed.
 * @param references - names of members of `given` itself that are passed on as they are.
 * @throws NotPlainError, a TypeError that names the path.
 */
export function plainCopy(given: unknown, references: ReadonlySet<string> = NO_REFERENCES): unknown {
  return copyValue(given, [], references)
}

function copyValue(value: unknown, path: readonly PropertyKey[], references: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (path.length > MAX_DEPTH) throw new NotPlainError(path, `expected at most ${MAX_DEPTH} levels`)
  if (types.isRegExp(value)) return copyRegExp(value, path)
  if (NATIVES.some((isNative) => isNative(value))) {
    const name = Object.prototype.toString.call(value).slice('[object '.length, -1)
    throw new NotPlainError(path, `expected plain data, got ${types.isBoxedPrimitive(value) ? 'a boxed ' : ''}${name}`)
  }
  return Array.isArray(value) ? copyArray(value, path) : copyObject(value, path, references)
}

function copyArray(array: readonly unknown[], path: readonly PropertyKey[]): readonly unknown[] {
  const copy: unknown[] = []
  const { length } = array
  for (let i = 0; i < length; i++) {
    // A missing element would be read from the prototypes.
    if (!Object.hasOwn(array, i)) throw new NotPlainError([...path, i], 'expected an element, got a hole')
    copy.push(copyValue(read(array, i, path), [...path, i], NO_REFERENCES))
  }
  return Object.freeze(copy)
}

function copyObject(object: object, path: readonly PropertyKey[], references: ReadonlySet<string>): object {
  const copy = shallowCopy(object, path)
  for (const [name, value] of Object.entries(copy))
    if (!references.has(name)) copy[name] = copyValue(value, [...path, name], NO_REFERENCES)
  return Object.freeze(copy)
}

/** Reads the members of an object as {@link plainCopy} does, and passes their values on as they are. */
export function shallowCopy(object: object, path: readonly PropertyKey[]): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>
  for (const name of namesOf(object, path)) copy[name] = read(object, name, path)
  return copy
}

/** Names of the members of an object and of its prototypes, `Object.prototype` left out. */
function namesOf(object: object, path: readonly PropertyKey[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (let holder: object | null = object; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    if (holder !== object && isObjectPrototype(holder)) break
    for (const name of Reflect.ownKeys(holder)) {
      if (typeof name === 'symbol' || name === '__proto__')
        throw new NotPlainError([...path, name], 'expected to be absent: there is no such option')
      if (holder === object || name !== 'constructor') names.add(name)
    }
  }
  return names
}

/** Whether an object is the `Object.prototype` of a realm. */
function isObjectPrototype(object: object): boolean {
  return Object.getPrototypeOf(object) === null && Object.hasOwn(object, 'hasOwnProperty')
}

function read(holder: object, name: string | number, path: readonly PropertyKey[]): unknown {
  try {
    return Reflect.get(holder, name)
  } catch (cause) {
    throw new NotPlainError([...path, name], 'expected to be readable, got an error from its getter', { cause })
  }
}
