import type { Kms } from '../contract/kms.ts'

const MARK = Symbol.for('@keyfold/kms-api/decorated')

/** Marks a class of decorators, so that what it makes is not decorated a second time, in this installed copy of the package or another. */
export function markDecorated(prototype: object): void {
  Object.defineProperty(prototype, MARK, { value: true })
}

/** Says whether `kms` has a cache in front already. Then use it as it is, and leave closing it to its owner. */
export function isDecoratedKms(kms: Kms): boolean {
  return (kms as unknown as Record<symbol, unknown>)[MARK] === true
}
