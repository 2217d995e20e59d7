import path from 'node:path'

import { importsOf } from './module-text.ts'

/** What a module loads, itself and through others. */
export interface Reachable {
  /** The files, the first one included. */
  readonly files: readonly string[]
  /** The imports that leave the package. */
  readonly bare: readonly { readonly from: string; readonly specifier: string }[]
}

/** Follows the relative imports that exist at run time from one file of a package. */
export function reachableFrom(entry: string, files: ReadonlyMap<string, string>): Reachable {
  const seen = new Set<string>()
  const bare: { readonly from: string; readonly specifier: string }[] = []
  const follow = (from: string): void => {
    const text = files.get(from)
    if (text === undefined || seen.has(from)) return
    seen.add(from)
    for (const { specifier, typeOnly } of importsOf(from, text)) {
      if (typeOnly) continue
      if (specifier.startsWith('.')) follow(path.posix.join(path.posix.dirname(from), specifier))
      else bare.push({ from, specifier })
    }
  }
  follow(entry)
  return { files: [...seen], bare }
}
