import { KmsConfigError, printable } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'

const MAX_ENTRIES = 16_384

/**
 * The spellings of key names that selectors used. Azure's names ignore case, so two topics whose names differ in case alone would share a KEK, and
 * each would reject the records of the other.
 */
export class Spellings {
  readonly #used = new Map<string, string>()

  /** @throws `KMS_CONFIG` if another spelling of the name was used, or the key was created with another one. */
  check(keyName: string, created: string, kekSelector: string): void {
    const folded = keyName.toLowerCase()
    const used = this.#used.get(folded) ?? created
    if (used !== keyName || created !== keyName) {
      const other = created === keyName ? used : created
      const problem = `expected another key name than ${printable(keyName)}: Azure ignores case, so it is the key that is also called ${printable(other)}`
      throw new KmsConfigError('kekSelector', problem, { provider: PROVIDER, operation: 'resolveKek', kekSelector })
    }
    if (this.#used.size >= MAX_ENTRIES) this.#used.clear()
    this.#used.set(folded, keyName)
  }

  /** Returns the spelling of a name that {@link Spellings.check} has accepted; `undefined` if it is not known. */
  of(keyName: string): string | undefined {
    return this.#used.get(keyName.toLowerCase())
  }
}
