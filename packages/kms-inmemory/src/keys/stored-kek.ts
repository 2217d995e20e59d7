import { createSecretKey, randomFillSync, type KeyObject } from 'node:crypto'

/** What may be done with a KEK now. */
export type KekState = 'enabled' | 'disabled' | 'pending-deletion'

/**
 * What may be done with one version of a KEK. `ahead`: this KMS behaves as if the version did not exist yet, as a standby that lags behind does, or a KMS that was
 * restored from a backup.
 */
export type KekVersionState = 'enabled' | 'disabled' | 'ahead'

/** A version of a KEK. */
export interface StoredVersion {
  /** Counted from 1. */
  readonly number: number
  readonly key: KeyObject
  readonly state: KekVersionState
}

/** Bytes of a KEK. */
export const KEK_LENGTH = 32

/** A KEK with all of its versions. The key material stays inside of the objects of `node:crypto`, in a private field. */
export class StoredKek {
  readonly id: string
  state: KekState = 'enabled'
  /** Oldest first. */
  readonly #versions: StoredVersion[] = []

  /** @param versions - of 32 bytes each, oldest first; a random one when there is none. Neither kept nor changed. */
  constructor(id: string, versions: readonly Uint8Array[]) {
    this.id = id
    for (const bytes of versions) this.#add(bytes)
    if (versions.length === 0) this.rotate()
  }

  /** The number of the version that wraps. */
  get version(): number {
    return this.#newest.number
  }

  /** The version that wraps. */
  get newest(): KeyObject {
    return this.#newest.key
  }

  /** All versions in the order in which unwrapping tries them. */
  get newestFirst(): readonly StoredVersion[] {
    return this.#versions.toReversed()
  }

  /** The versions that this KMS knows, oldest first. */
  get known(): readonly StoredVersion[] {
    return this.#versions.filter(({ state }) => state !== 'ahead')
  }

  /** Adds a random version, which wraps from now on. */
  rotate(): void {
    const bytes = randomFillSync(new Uint8Array(new ArrayBuffer(KEK_LENGTH)))
    this.#add(bytes)
    bytes.fill(0)
  }

  /** Sets the state of a version. Returns whether there is such a version. */
  setVersionState(number: number, state: KekVersionState): boolean {
    const version = this.#versions[number - 1]
    if (version !== undefined) this.#versions[number - 1] = { ...version, state }
    return version !== undefined
  }

  /** The newest that this KMS knows; the oldest where a test leaves none. */
  get #newest(): StoredVersion {
    return this.#versions.findLast(({ state }) => state !== 'ahead') ?? (this.#versions[0] as StoredVersion)
  }

  #add(bytes: Uint8Array): void {
    this.#versions.push({ number: this.#versions.length + 1, key: createSecretKey(bytes), state: 'enabled' })
  }
}
