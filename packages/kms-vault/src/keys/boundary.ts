import { KmsConfigError, printable, type Kek } from '@keyfold/kms-api'

import { kekReference, PROVIDER } from './kek-reference.ts'
import { isKeyName } from './key-name.ts'

/** Decides which keys exist for a client: those of its mount, by names that cannot change the path of a request. */
export class Boundary {
  readonly mount: string

  /** @param mount - the path of the Transit engine, checked already. */
  constructor(mount: string) {
    this.mount = mount
  }

  /** Makes the reference of a key of the mount. */
  kekOf(keyName: string, version?: string): Kek {
    return kekReference(`${this.mount}/${keyName}`, version)
  }

  /** Gives the name of the key that a reference names; `undefined` for one of another provider or mount. */
  keyNameOf({ provider, id }: Kek): string | undefined {
    const prefix = `${this.mount}/`
    const keyName = id.startsWith(prefix) ? id.slice(prefix.length) : ''
    return provider === PROVIDER && isKeyName(keyName) ? keyName : undefined
  }

  /**
   * Turns what a user writes into the name of a key: the name, or mount and name.
   *
   * @throws `KMS_CONFIG` for what no key of the mount can be called.
   */
  keyNameOfSelector(selector: string): string {
    const prefix = `${this.mount}/`
    const keyName = selector.startsWith(prefix) ? selector.slice(prefix.length) : selector
    if (isKeyName(keyName)) return keyName
    const expected =
      'expected a name of letters, digits and "_", with "-" and "." inside, or such a name behind the mount'
    throw new KmsConfigError('kekSelector', `${expected}, got ${printable(selector)}`, {
      provider: PROVIDER,
      operation: 'resolveKek',
    })
  }
}
