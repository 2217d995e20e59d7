import type { Kek } from './kek.ts'

/** Returns whether two references denote the same KEK: `provider` and `id` are equal. The version is not compared. */
export function sameKek(a: Kek, b: Kek): boolean {
  return a.provider === b.provider && a.id === b.id
}
