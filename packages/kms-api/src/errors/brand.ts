/**
 * Marks errors so that a second installed copy of this package recognises them, which `instanceof` does not. The mark is not part of the types:
 * a symbol of its own in a class would make the two copies' classes unassignable to each other.
 */
export function brand(prototype: object, name: string): void {
  Object.defineProperty(prototype, Symbol.for(name), { value: true })
}

/** Returns whether `value` is an error of the class that {@link brand} marked with `name`, in any copy. */
export function isBranded(value: unknown, name: string): boolean {
  return value instanceof Error && (value as unknown as Record<symbol, unknown>)[Symbol.for(name)] === true
}
