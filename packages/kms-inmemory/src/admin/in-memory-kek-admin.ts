import {
  describeType,
  KmsClosedError,
  KmsConfigError,
  type Kek,
  type KekAdmin,
  type KekVersion,
  type KmsCallOptions,
} from '@keyfold/kms-api'
import { assertKekSelector } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from '../edek.ts'
import type { InMemoryKmsAdmin } from './in-memory-kms-admin.ts'

const ADMIN = { provider: PROVIDER, operation: 'admin' } as const

/**
 * Administers KEKs in memory as the contract says for every KMS. Supports every operation; `scheduleKekDeletion` starts no timer: the KEK stays
 * `pending-deletion` until it is cancelled or a test deletes it.
 */
export class InMemoryKekAdmin implements KekAdmin {
  readonly #admin: InMemoryKmsAdmin
  #closed = false

  constructor(admin: InMemoryKmsAdmin) {
    this.#admin = admin
  }

  createKek(alias: string, options?: KmsCallOptions): Promise<Kek> {
    return this.#run(alias, options, () => this.#admin.createKek({ alias }))
  }

  rotateKek(kekSelector: string, options?: KmsCallOptions): Promise<Kek> {
    return this.#run(kekSelector, options, () => this.#admin.rotateKek(kekSelector))
  }

  disableKek(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    return this.#run(kekSelector, options, () => {
      this.#admin.disableKek(kekSelector)
    })
  }

  enableKek(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    return this.#run(kekSelector, options, () => {
      this.#admin.enableKek(kekSelector)
    })
  }

  scheduleKekDeletion(kekSelector: string, options: KmsCallOptions & { readonly days: number }): Promise<void> {
    return this.#run(kekSelector, options, () => {
      checkDays((options as { readonly days?: unknown } | undefined)?.days)
      this.#admin.scheduleKekDeletion(kekSelector)
    })
  }

  cancelKekDeletion(kekSelector: string, options?: KmsCallOptions): Promise<void> {
    return this.#run(kekSelector, options, () => {
      this.#admin.cancelKekDeletion(kekSelector)
    })
  }

  listKekVersions(kekSelector: string, options?: KmsCallOptions): Promise<readonly KekVersion[]> {
    return this.#run(kekSelector, options, () => this.#admin.listKekVersions(kekSelector))
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  #run<T>(kekSelector: string, options: KmsCallOptions | undefined, work: () => T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#closed) throw new KmsClosedError(ADMIN)
      assertKekSelector(kekSelector)
      options?.signal?.throwIfAborted()
      resolve(work())
    })
  }
}

function checkDays(days: unknown): void {
  if (Number.isInteger(days) && (days as number) >= 1) return
  const got = typeof days === 'number' ? String(days) : describeType(days)
  throw new KmsConfigError('days', `expected a whole number of at least 1, got ${got}`, ADMIN)
}
