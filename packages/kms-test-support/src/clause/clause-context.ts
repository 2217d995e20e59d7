import { randomBytes } from 'node:crypto'

import type { Dek, DekPair, Edek, Kek, Kms, KmsCallOptions, KmsContext } from '@keyfold/kms-api'

import { expectThat } from '../assertions/expect.ts'
import { PreparationError } from '../assertions/preparation-error.ts'
import { within } from '../assertions/within.ts'
import type { KmsFacade } from '../facade/kms-facade.ts'
import type { Interruption, Rejection, Situation } from '../facade/situation.ts'
import type { TestKek } from '../facade/test-kek-manager.ts'
import { RecordingLogger } from '../secrets/recording-logger.ts'

const CLOSE_MS = 2_000

/** A KEK of the suite and its reference. */
export interface KekInUse {
  readonly test: TestKek
  readonly kek: Kek
}

/** The context of a clause. Everything that it creates is ended after the clause. */
export class ClauseContext {
  readonly facade: KmsFacade
  /** The log lines of the provider during this clause. */
  readonly logger = new RecordingLogger()
  readonly #clients: Kms[] = []
  readonly #deks: Dek[] = []
  readonly #situations = new Set<Situation>()

  constructor(facade: KmsFacade) {
    this.facade = facade
  }

  /** Creates a client of the KMS. */
  async connect(situation?: Situation): Promise<Kms> {
    const { facade } = this
    const context: KmsContext = {
      baseDirectory: process.cwd(),
      logger: this.logger,
      ...facade.context,
      ...situation?.context,
    }
    const kms = await facade.provider.create(situation?.config ?? facade.config(), context)
    this.#clients.push(kms)
    return kms
  }

  /** Creates a name that no KEK has. */
  newName(): string {
    return `kf-${randomBytes(6).toString('hex')}-test`
  }

  /** Creates a KEK. */
  async newTestKek(): Promise<TestKek> {
    return await this.facade.kekManager.create(this.newName())
  }

  /** Creates a KEK and resolves it. */
  async newKek(kms: Kms): Promise<KekInUse> {
    const test = await this.newTestKek()
    return { test, kek: await prepared('resolveKek', kms.resolveKek(test.selectors[0])) }
  }

  /** Creates a client, a KEK and a pair of it. */
  async newPair(
    options?: KmsCallOptions,
  ): Promise<KekInUse & { readonly kms: Kms; readonly pair: DekPair; readonly edek: Edek }> {
    const kms = await prepared('create', this.connect())
    const { test, kek } = await this.newKek(kms)
    const pair = await prepared('generateDekPair', this.generate(kms, kek, options))
    return { kms, test, kek, pair, edek: pair.edek }
  }

  /** Generates a pair whose DEK is destroyed after the clause. */
  async generate(kms: Kms, kek: Kek, options?: KmsCallOptions): Promise<DekPair> {
    const pair = await kms.generateDekPair(kek, options)
    this.#deks.push(pair.dek)
    return pair
  }

  /** Decrypts an EDEK to a DEK that is destroyed after the clause. */
  async decrypt(kms: Kms, kek: Kek, edek: Edek, options?: KmsCallOptions): Promise<Dek> {
    const dek = await kms.decryptEdek(kek, edek, options)
    this.#deks.push(dek)
    return dek
  }

  /** Starts a situation that the facade must offer, because its manifest does not declare it impossible. */
  async begin(name: 'denied' | 'unreachable' | 'silent'): Promise<Situation> {
    return await this.#begin(name, this.facade[name]?.bind(this.facade))
  }

  /** Creates a path to the KMS that can be interrupted. */
  async beginInterruption(): Promise<Interruption> {
    return await this.#begin('interruptible', this.facade.interruptible?.bind(this.facade))
  }

  /** Creates credentials that the KMS rejects. */
  async beginRejection(): Promise<Rejection> {
    return await this.#begin('rejected', this.facade.rejected?.bind(this.facade))
  }

  /** Ends a situation before the end of the clause. Each is ended exactly once. */
  async endSituation(situation: Situation): Promise<void> {
    this.#situations.delete(situation)
    await situation.end()
  }

  async #begin<S extends Situation>(name: string, make: (() => Promise<S>) | undefined): Promise<S> {
    expectThat(
      make !== undefined,
      `"facade.${name}" expected a function: the manifest does not declare that the KMS cannot`,
    )
    const situation = await make()
    this.#situations.add(situation)
    return situation
  }

  /** Fails the clause if a request reaches the KMS during `work`. */
  async withoutRequest<T>(what: string, work: () => Promise<T> | T): Promise<T> {
    const before = this.facade.requests()
    const result = await work()
    const sent = this.facade.requests() - before
    expectThat(sent === 0, `${what} expected no request to the KMS, got ${sent}`)
    return result
  }

  /** The secrets of the facade, and the EDEKs that a clause adds. */
  secrets(...more: readonly Uint8Array[]): readonly (string | Uint8Array)[] {
    return [...this.facade.canaries(), ...more]
  }

  /** Ends everything that the clause created. */
  async end(): Promise<void> {
    for (const situation of this.#situations) await this.endSituation(situation)
    for (const dek of this.#deks) dek.destroy()
    // Closing is a clause of its own: a provider that cannot close must not hide other faults.
    await Promise.allSettled(this.#clients.map((kms) => within(CLOSE_MS, close(kms), 'close')))
  }
}

async function close(kms: Kms): Promise<void> {
  await kms.close()
}

async function prepared<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw new PreparationError(what, error)
  }
}
