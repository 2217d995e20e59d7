import { Buffer } from 'node:buffer'
import { isUint8Array } from 'node:util/types'

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object

/** Returns a getter of every typed array as a function. Captured when the module loads: the properties of an array may be overridden. */
function intrinsic(name: 'buffer' | 'byteOffset' | 'length'): (bytes: Uint8Array) => unknown {
  const get: unknown = Reflect.get(Object.getOwnPropertyDescriptor(typedArray, name) as object, 'get')
  return Function.prototype.call.bind(get as () => unknown) as (bytes: Uint8Array) => unknown
}

const bufferOf = intrinsic('buffer') as (bytes: Uint8Array) => ArrayBufferLike
const offsetOf = intrinsic('byteOffset') as (bytes: Uint8Array) => number

/** Returns the current number of bytes, regardless of `length`: 0 if the memory was transferred. */
export const lengthOf = intrinsic('length') as (bytes: Uint8Array) => number

/** Returns a view of the bytes from `start` to `end`. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bufferOf(bytes), offsetOf(bytes) + start, end - start)
}

const { getPrototypeOf, hasOwn } = Object
const PLAIN: ReadonlySet<unknown> = new Set([Uint8Array.prototype, Buffer.prototype])

/**
 * Returns `value` if it is a genuine Uint8Array. One of another realm, of a subclass, or with a `length` of its own is replaced by a
 * view of the same memory, so that every later read returns the same bytes.
 *
 * @returns `undefined` for everything else, Proxies of a Uint8Array included: they have no bytes of their own.
 */
export function byteView(value: unknown): Uint8Array | undefined {
  if (!isUint8Array(value)) return undefined
  if (PLAIN.has(getPrototypeOf(value)) && !hasOwn(value, 'length')) return value
  return new Uint8Array(bufferOf(value), offsetOf(value), lengthOf(value))
}
