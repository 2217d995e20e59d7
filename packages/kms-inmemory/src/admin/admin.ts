import {
  KmsConfigError,
  printable,
  UnknownAliasError,
  type Kek,
  type KekAdmin,
  type KekVersion,
  type Kms,
} from '@keyfold/kms-api'
import { createKms, createUuid, parseUuid } from '@keyfold/kms-api/provider-kit'

import { kekReference, PROVIDER } from '../edek.ts'
import { InMemoryOperations } from '../in-memory-operations.ts'
import { KEK_LENGTH, StoredKek, type KekState, type KekVersionState } from '../keys/stored-kek.ts'
import type { Backend } from './backend.ts'
import type { FaultHook, InMemoryOperation } from './faults.ts'
import { InMemoryKekAdmin } from './in-memory-kek-admin.ts'
import type { InMemoryKekOptions, InMemoryKmsAdmin } from './in-memory-kms-admin.ts'

const DETAILS = { provider: PROVIDER, operation: 'admin' } as const

/** Tells the admin of a client that the provider made. */
const admins = new WeakMap<Kms, InMemoryKmsAdmin>()

export class Admin implements InMemoryKmsAdmin {
  readonly #backend: Backend

  constructor(backend: Backend) {
    this.#backend = backend
  }

  get faults(): FaultHook | undefined {
    return this.#backend.faults
  }

  set faults(hook: FaultHook | undefined) {
    this.#backend.faults = hook
  }

  get calls(): Readonly<Record<InMemoryOperation, number>> {
    return this.#backend.calls
  }

  resetCalls(): void {
    this.#backend.resetCalls()
  }

  createKek({ id = createUuid(), alias, versions = [] }: InMemoryKekOptions = {}): Kek {
    if (parseUuid(id) === undefined)
      throw new KmsConfigError('id', `expected a UUID in lower case, got ${printable(id)}`, DETAILS)
    if (this.#backend.keks.has(id))
      throw new KmsConfigError('id', `expected a UUID that is not taken, got ${printable(id)}`, DETAILS)
    if (alias !== undefined) this.#checkNewAlias(alias)
    for (const [i, { length }] of versions.entries()) {
      if (length !== KEK_LENGTH)
        throw new KmsConfigError(`versions[${i}]`, `expected ${KEK_LENGTH} bytes, got length=${length}`, DETAILS)
    }
    const kek = new StoredKek(id, versions)
    this.#backend.keks.add(kek)
    if (alias !== undefined) this.#backend.keks.point(alias, id)
    return kekReference(id, String(kek.version))
  }

  rotateKek(kek: Kek | string): Kek {
    const stored = this.#stored(kek)
    stored.rotate()
    return kekReference(stored.id, String(stored.version))
  }

  setKekVersionState(kek: Kek | string, version: number | string, state: KekVersionState): void {
    if (!this.#stored(kek).setVersionState(Number(version), state))
      throw new KmsConfigError('version', `expected a version of the KEK, got ${printable(String(version))}`, DETAILS)
  }

  disableKek(kek: Kek | string): void {
    this.#stored(kek).state = 'disabled'
  }

  enableKek(kek: Kek | string): void {
    this.#stored(kek).state = 'enabled'
  }

  scheduleKekDeletion(kek: Kek | string): void {
    this.#stored(kek).state = 'pending-deletion'
  }

  cancelKekDeletion(kek: Kek | string): void {
    const stored = this.#stored(kek)
    if (stored.state === 'pending-deletion') stored.state = 'disabled'
  }

  deleteKek(kek: Kek | string): void {
    this.#backend.keks.remove(this.#stored(kek).id)
  }

  setAlias(alias: string, kek: Kek | string): void {
    const { id } = this.#stored(kek)
    checkAlias(alias)
    this.#backend.keks.point(alias, id)
  }

  deleteAlias(alias: string): void {
    if (!this.#backend.keks.unpoint(alias)) throw new UnknownAliasError(alias, DETAILS)
  }

  exists(kek: Kek | string): boolean {
    return this.#backend.keks.resolve(selectorOf(kek)) !== undefined
  }

  stateOf(kek: Kek | string): KekState {
    return this.#stored(kek).state
  }

  listKekVersions(kek: Kek | string): readonly KekVersion[] {
    const { state, known } = this.#stored(kek)
    return known.map((version) => ({
      version: String(version.number),
      state: state === 'enabled' ? version.state : state,
    }))
  }

  kekAdmin(): KekAdmin {
    return new InMemoryKekAdmin(this)
  }

  connect(): Kms {
    const kms = createKms(new InMemoryOperations(this.#backend))
    admins.set(kms, this)
    return kms
  }

  #checkNewAlias(alias: string): void {
    checkAlias(alias)
    if (this.#backend.keks.hasAlias(alias)) {
      throw new KmsConfigError('alias', `expected an alias that is not taken, got ${printable(alias)}`, DETAILS)
    }
  }

  #stored(kek: Kek | string): StoredKek {
    const stored = this.#backend.keks.resolve(selectorOf(kek))
    if (stored === undefined) throw new UnknownAliasError(selectorOf(kek), DETAILS)
    return stored
  }
}

/**
 * Gives the admin of a `Kms` that this package made, in particular one that was made from a configuration. For tests only.
 *
 * @throws TypeError for any other `Kms`, a decorated one included.
 */
export function adminOf(kms: Kms): InMemoryKmsAdmin {
  const admin = admins.get(kms)
  if (admin === undefined)
    throw new TypeError('"kms" expected a Kms that @keyfold/kms-inmemory made, without a decorator around it')
  return admin
}

function selectorOf(kek: Kek | string): string {
  return typeof kek === 'string' ? kek : kek.id
}

function checkAlias(alias: string): void {
  if (alias === '') throw new KmsConfigError('alias', 'expected a non-empty string, got an empty one', DETAILS)
  if (parseUuid(alias.toLowerCase()) !== undefined) {
    throw new KmsConfigError('alias', `expected a name that no UUID can be, got ${printable(alias)}`, DETAILS)
  }
}
