import { createSecretKey, randomFillSync, type KeyObject } from 'node:crypto'

/** What may be done with a KEK now. */
export type KekState = 'enabled' | 'disabled' | 'pending-deletion'

/** Bytes of a KEK. */
export const KEK_LENGTH = 32

/** A KEK with all of its versions. The key material stays inside of the objects of `node:crypto`, in a private field. */
export class StoredKek {
  readonly id: string
  state: KekState = 'enabled'
  /** Oldest first. */
  readonly #versions: KeyObject[]

  /** @param versions - of 32 bytes each, oldest first; a random one when there is none. Neither kept nor changed. */
  constructor(id: string, versions: readonly Uint8Array[]) {
    this.id = id
    this.#versions = versions.map((bytes) => createSecretKey(bytes))
    if (versions.length === 0) this.rotate()
  }

  /** How many versions there are. */
  get version(): number {
    return this.#versions.length
  }

  /** The version that wraps. */
  get newest(): KeyObject {
    return this.#versions.at(-1) as KeyObject
  }

  /** All versions in the order in which unwrapping tries them. */
  get newestFirst(): readonly KeyObject[] {
    return this.#versions.toReversed()
  }

  /** Adds a random version, which wraps from now on. */
  rotate(): void {
    const bytes = randomFillSync(new Uint8Array(new ArrayBuffer(KEK_LENGTH)))
    this.#versions.push(createSecretKey(bytes))
    bytes.fill(0)
  }
}
