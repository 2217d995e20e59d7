import type { Edek, Kek } from '../contract/kek.ts'
import { describeType } from '../errors/describe-type.ts'

/** Checks the first argument of `resolveKek`. @throws TypeError when it is no string, or empty. */
export function assertKekSelector(kekSelector: unknown): asserts kekSelector is string {
  if (typeof kekSelector !== 'string' || kekSelector === '') {
    throw new TypeError(`"kekSelector" expected a non-empty string, got ${describeType(kekSelector)}`)
  }
}

/** Checks a KEK reference. @throws TypeError when it is none. */
export function assertKek(kek: unknown): asserts kek is Kek {
  if (typeof kek !== 'object' || kek === null)
    throw new TypeError(`"kek" expected what resolveKek() gave, got ${describeType(kek)}`)
  for (const name of ['provider', 'id', 'wrapping'] as const) {
    const value = (kek as Partial<Kek>)[name]
    if (typeof value !== 'string') throw new TypeError(`"kek.${name}" expected a string, got ${describeType(value)}`)
  }
}

/** Checks that an EDEK is made of bytes; what they say is for `kekOf`. @throws TypeError when it is not. */
export function assertEdek(edek: unknown): asserts edek is Edek {
  if (!(edek instanceof Uint8Array)) throw new TypeError(`"edek" expected a Uint8Array, got ${describeType(edek)}`)
}
