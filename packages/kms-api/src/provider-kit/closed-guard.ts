import type { KmsOperation } from '../errors/kms-error.ts'
import { KmsClosedError } from '../errors/kms-errors.ts'

/** Remembers whether a `Kms` is closed, and refuses calls from then on. */
export class ClosedGuard {
  readonly #provider: string
  #closed = false

  /** @param provider - the provider's short name, for the error. */
  constructor(provider: string) {
    this.#provider = provider
  }

  /** @throws KmsClosedError `KMS_CLOSED` after {@link ClosedGuard.close}. */
  check(operation: KmsOperation): void {
    if (this.#closed) throw new KmsClosedError({ provider: this.#provider, operation })
  }

  /** Closes, and says whether this was the first time: then there is something to clean up. */
  close(): boolean {
    const first = !this.#closed
    this.#closed = true
    return first
  }
}
