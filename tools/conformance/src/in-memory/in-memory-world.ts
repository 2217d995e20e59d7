import { Buffer } from 'node:buffer'
import { randomBytes, randomUUID } from 'node:crypto'

import { AuthenticationError } from '@keyfold/kms-api'
import { createInMemoryKms, type FaultCall, type InMemoryKmsAdmin } from '@keyfold/kms-inmemory'
import type { Interruption, Situation, TestKek, TestKekManager } from '@keyfold/kms-test-support'

import { kekIdOf, revealDek } from './reveal-dek.ts'

/** An in-memory KMS with its administrator, its KEKs' bytes and its faults: what stands behind a facade. */
export class InMemoryWorld implements TestKekManager {
  readonly admin: InMemoryKmsAdmin
  rejectedLogins = 0
  readonly #keks = new Map<string, { readonly id: string; readonly bytes: Uint8Array }>()

  constructor() {
    this.admin = createInMemoryKms({ insecure: 'test-only' }).admin
  }

  create(name: string): Promise<TestKek> {
    const bytes = new Uint8Array(randomBytes(32))
    const id = randomUUID()
    this.admin.createKek({ id, alias: name, versions: [bytes] })
    this.#keks.set(name, { id, bytes })
    return Promise.resolve({ name, selectors: [name, id] })
  }

  async delete({ name }: TestKek): Promise<void> {
    this.admin.deleteKek(name)
  }

  async rotate({ name }: TestKek): Promise<void> {
    this.admin.rotateKek(name)
  }

  async disable({ name }: TestKek): Promise<void> {
    this.admin.disableKek(name)
  }

  async enable({ name }: TestKek): Promise<void> {
    this.admin.enableKek(name)
  }

  async exists({ name }: TestKek): Promise<boolean> {
    return this.admin.exists(name)
  }

  /** How many requests there were. */
  requests(): number {
    return Object.values(this.admin.calls).reduce((sum, calls) => sum + calls, 0)
  }

  /** The bytes of the first version of every KEK. */
  canaries(): readonly Uint8Array[] {
    return [...this.#keks.values()].map(({ bytes }) => bytes)
  }

  /** The ids of all KEKs that were ever made. */
  ids(): readonly string[] {
    return [...this.#keks.values()].map(({ id }) => id)
  }

  /** The bytes of the first version of a KEK. */
  bytesOf(kekId: string): Uint8Array | undefined {
    return [...this.#keks.values()].find(({ id }) => id === kekId)?.bytes
  }

  /** Unwraps an EDEK of a KEK that was not rotated. */
  reveal(edek: Uint8Array): Uint8Array {
    const kek = this.bytesOf(kekIdOf(edek))
    if (kek === undefined) throw new TypeError('"edek" expected one of a KEK of this world')
    return revealDek(edek, kek)
  }

  /** Responses every request with what `fault` throws or returns, until the end of the situation. */
  async situation(fault: (call: FaultCall) => void | Promise<void>): Promise<Situation> {
    this.admin.faults = fault
    return {
      end: async () => {
        this.admin.faults = undefined
      },
    }
  }

  /** Responds to every request with what `fault` throws, from each interruption until the next restoration. */
  async interruption(fault: (call: FaultCall) => void): Promise<Interruption> {
    const restore = async () => {
      this.admin.faults = undefined
    }
    return {
      interrupt: async () => {
        this.admin.faults = fault
      },
      restore,
      end: restore,
    }
  }

  /** Rejects a PIN: no client that needs one has the right one. */
  logIn(): Promise<never> {
    this.rejectedLogins++
    return Promise.reject(new AuthenticationError({ provider: 'inmemory', operation: 'resolveKek' }))
  }

  /** A configuration with one KEK, for a process of its own. */
  static childConfig(alias: string): object {
    const value = Buffer.from(randomBytes(32)).toString('base64')
    return { insecure: 'test-only', keks: [{ id: randomUUID(), alias, versions: [{ value }] }] }
  }
}
