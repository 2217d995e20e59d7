import { types } from 'node:util'

import type { Edek, Kek } from '../../contract/kek.ts'
import { describeType } from '../../errors/describe-type.ts'

/** Checks the first argument of `resolveKek`. @throws TypeError if it is no string, or empty. */
export function assertKekSelector(kekSelector: unknown): asserts kekSelector is string {
  if (typeof kekSelector !== 'string' || kekSelector === '') {
    throw new TypeError(`"kekSelector" expected a non-empty string, got ${describeType(kekSelector)}`)
  }
}

/** Checks a KEK reference. @throws TypeError if it is none. */
export function assertKek(kek: unknown): asserts kek is Kek {
  copyKek(kek)
}

/** Copies a KEK reference, so that what the caller changes later has no effect. Each member is read once. @throws TypeError if it is none. */
export function copyKek(kek: unknown): Kek {
  if (typeof kek !== 'object' || kek === null)
    throw new TypeError(`"kek" expected what resolveKek() returned, got ${describeType(kek)}`)
  const { provider, id, version, wrapping } = kek as Partial<Kek>
  for (const [name, value] of Object.entries({ provider, id, wrapping })) {
    if (typeof value !== 'string') throw new TypeError(`"kek.${name}" expected a string, got ${describeType(value)}`)
  }
  if (version !== undefined && typeof version !== 'string')
    throw new TypeError(`"kek.version" expected a string, got ${describeType(version)}`)
  return Object.freeze({ provider, id, ...(version !== undefined && { version }), wrapping }) as Kek
}

/** Checks that an EDEK is made of bytes; what they say is for `kekOf`. @throws TypeError if it is not. */
export function assertEdek(edek: unknown): asserts edek is Edek {
  if (!types.isUint8Array(edek)) throw new TypeError(`"edek" expected a Uint8Array, got ${describeType(edek)}`)
}
