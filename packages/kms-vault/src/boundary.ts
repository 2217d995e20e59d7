import { KmsConfigError, printable, type Kek } from '@keyfold/kms-api'
import { kekReferences } from '@keyfold/kms-api/provider-kit'

import { isKeyName, withoutFinalSlash } from './names.ts'

/** The provider's short name. */
export const PROVIDER = 'vault'

const kekReference = kekReferences(PROVIDER)

/** Decides which keys exist for a client: those of its mount, by names that cannot change the path of a request. */
export class Boundary {
  readonly mount: string

  /** @param mount - the path of the Transit engine, checked already. */
  constructor(mount: string) {
    this.mount = withoutFinalSlash(mount)
  }

  /** Returns the reference of a key of the mount: mount and name survive a rotation. */
  kekOf(keyName: string, version?: string): Kek {
    return kekReference(`${this.mount}/${keyName}`, version)
  }

  /** Returns the name of the key that a reference names; `undefined` for one of another provider or mount. */
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
      'expected a name of letters, digits and "_", with "-" and "." inside, or such a name after the mount'
    throw new KmsConfigError('kekSelector', `${expected}, got ${printable(selector)}`, {
      provider: PROVIDER,
      operation: 'resolveKek',
    })
  }
}
