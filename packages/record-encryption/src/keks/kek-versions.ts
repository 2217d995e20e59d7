import { LRUCache } from 'lru-cache'

import type { Kek } from '@keyfold/kms-api'

import { versionNumber } from './compare-versions.ts'
import { kekKey } from './kek-key.ts'

const MAX_KEKS = 10_000
/** The maximum number of versions of one KEK that have no order. */
const MAX_UNORDERED = 100

interface Known {
  newest: bigint | undefined
  readonly unordered: Set<string>
}

/**
 * The versions of KEKs that the KMS has named in this process: by `resolveKek`, by a generated EDEK, or because an EDEK of that version was unwrapped.
 * Nothing that a record merely claims is recorded here. Bounded.
 */
export class KekVersions {
  readonly #keks = new LRUCache<string, Known>({ max: MAX_KEKS })

  /** Records that the KMS knows `kek.version`, and all lower ones if it is a number. */
  note(kek: Kek): void {
    const { version } = kek
    if (version === undefined) return
    const key = kekKey(kek)
    let known = this.#keks.get(key)
    if (known === undefined) {
      known = { newest: undefined, unordered: new Set() }
      this.#keks.set(key, known)
    }
    const number = versionNumber(version)
    if (number === undefined) {
      if (known.unordered.size < MAX_UNORDERED) known.unordered.add(version)
    } else if (known.newest === undefined || number > known.newest) known.newest = number
  }

  /** Returns whether the KMS has named `kek.version`, or a higher number. */
  knows(kek: Kek): boolean {
    const known = this.#keks.get(kekKey(kek))
    if (known === undefined || kek.version === undefined) return false
    const number = versionNumber(kek.version)
    return number === undefined
      ? known.unordered.has(kek.version)
      : known.newest !== undefined && number <= known.newest
  }
}
