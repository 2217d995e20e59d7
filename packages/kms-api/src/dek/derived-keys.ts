import { createHash } from 'node:crypto'

/**
 * The derived keys of one generated key that are in use. Deriving again with the same salt and info returns the same object, so one key has one claim
 * and one counter, whichever handle derives it.
 */
export class DerivedKeys<K> {
  readonly #keys = new Map<string, K>()

  /** @param make - receives a callback for the release of the last handle of the key. */
  get(salt: Uint8Array, info: Uint8Array, make: (onRelease: () => void) => K): K {
    const length = Uint32Array.of(salt.length)
    const name = createHash('sha256').update(length).update(salt).update(info).digest('base64')
    let key = this.#keys.get(name)
    if (key === undefined) {
      key = make(() => this.#keys.delete(name))
      this.#keys.set(name, key)
    }
    return key
  }
}
