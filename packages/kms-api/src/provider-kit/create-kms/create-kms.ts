import type { Dek } from '../../contract/dek.ts'
import type { Edek, Kek } from '../../contract/kek.ts'
import type { DekPair, Kms, KmsCallOptions, KmsHealth } from '../../contract/kms.ts'
import { sameKek } from '../../contract/same-kek.ts'
import { bindContext, type BoundContext } from '../../encryption-context/bind-context.ts'
import type { KmsErrorDetails, KmsOperation } from '../../errors/kms-error.ts'
import {
  ContextUnsupportedError,
  InvalidEdekError,
  InvalidResponseError,
  KekMismatchError,
} from '../../errors/kms-errors.ts'
import { acceptKek } from './accept-kek.ts'
import { assertEdek, assertKekSelector, copyKek } from './arguments.ts'
import { readCallOptions, type CallOptions } from './call-options.ts'
import { Calls } from './calls.ts'
import { contractError } from './contract-error.ts'
import { decodeEdek } from './decode-edek.ts'
import { checkHealth, healthOf } from './health-of.ts'
import type { ProviderCall, ProviderOperations } from './provider-operations.ts'
import { ownReference } from './references.ts'
import { takeDekPair } from './take-dek-pair.ts'
import { takeDek } from './take-dek.ts'

/**
 * Creates a `Kms` from the operations of a provider. It keeps the contract, so an operation is left with its request: closed state, argument
 * checks, the signal, copies of the caller's bytes and references, the encryption context, everything that must be rejected without a request, the
 * DEK and the zeroing of its bytes, and `health`.
 *
 * `close()` rejects the calls that are running, then calls `operations.close()` once.
 */
export function createKms<F>(operations: ProviderOperations<F>): Kms {
  return new OperationsKms(operations)
}

class OperationsKms<F> implements Kms {
  // "declare": without a ping the member is absent, not undefined.
  declare readonly health?: () => Promise<KmsHealth>
  readonly #operations: ProviderOperations<F>
  readonly #calls: Calls
  #closed: Promise<void> | undefined

  constructor(operations: ProviderOperations<F>) {
    this.#operations = operations
    this.#calls = new Calls(operations.provider)
    if (operations.ping !== undefined) this.health = () => this.#health()
  }

  async resolveKek(kekSelector: string, options?: KmsCallOptions): Promise<Kek> {
    const details = this.#details('resolveKek')
    this.#calls.checkOpen(details.operation)
    assertKekSelector(kekSelector)
    const given = readCallOptions(options)
    given.signal?.throwIfAborted()
    const context = this.#bind(given, details)
    return await this.#calls.run({ ...details, kekSelector }, given, async (call) => {
      const kek = ownReference(await this.#operations.resolve(kekSelector, context, call), details.provider)
      if (kek === undefined) throw new InvalidResponseError('a KEK of this provider', { ...details, kekSelector })
      return kek
    })
  }

  async generateDekPair(kek: Kek, options?: KmsCallOptions): Promise<DekPair> {
    const details = this.#details('generateDekPair')
    this.#calls.checkOpen(details.operation)
    const copy = copyKek(kek)
    const given = readCallOptions(options)
    given.signal?.throwIfAborted()
    const context = this.#bind(given, details)
    const accepted = acceptKek(this.#operations, copy, details)
    const known = { ...details, kek: copy }
    const generate = async (call: ProviderCall) => {
      const generated: unknown = await this.#operations.generate(accepted, context, call)
      return takeDekPair(this.#operations, generated, accepted, context !== undefined, known)
    }
    return await this.#calls.run(known, given, generate, ({ dek }) => {
      dek.destroy()
    })
  }

  async decryptEdek(kek: Kek, edek: Edek, options?: KmsCallOptions): Promise<Dek> {
    const details = this.#details('decryptEdek')
    this.#calls.checkOpen(details.operation)
    const expected = copyKek(kek)
    assertEdek(edek)
    const given = readCallOptions(options)
    given.signal?.throwIfAborted()
    const context = this.#bind(given, details)
    const { kek: named, bound, fields, reference } = decodeEdek(this.#operations, edek, details)
    if (!sameKek(named, expected)) throw new KekMismatchError(details)
    // Read from the bytes, never found out by a second try without the context.
    const opensUnbound = given.contextRead === 'if-present' && !bound
    if (bound !== (context !== undefined) && !opensUnbound) throw new InvalidEdekError(details)
    const known = { ...details, kek: reference }
    const unwrap = async (call: ProviderCall) => {
      const bytes = await this.#operations.unwrap(fields, named, bound ? context : undefined, call)
      return takeDek(bytes, 'unwrapped', known)
    }
    return await this.#calls.run(known, given, unwrap, (dek) => {
      dek.destroy()
    })
  }

  kekOf(edek: Edek): Kek {
    const details = this.#details('kekOf')
    this.#calls.checkOpen(details.operation)
    assertEdek(edek)
    return decodeEdek(this.#operations, edek, details).reference
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#calls.close()
    try {
      await this.#operations.close()
    } catch (error) {
      throw contractError(error, this.#details('close'))
    }
  }

  async #health(): Promise<KmsHealth> {
    const details = this.#details('health')
    this.#calls.checkOpen(details.operation)
    try {
      return await this.#calls.run(details, readCallOptions({}), async (call) =>
        checkHealth(await this.#operations.ping?.(call), details),
      )
    } catch (error) {
      return healthOf(error)
    }
  }

  #bind({ encryptionContext }: CallOptions, details: KmsErrorDetails): BoundContext | undefined {
    const context = bindContext(encryptionContext)
    if (context !== undefined && this.#operations.bindsContext === false) throw new ContextUnsupportedError(details)
    return context
  }

  #details(operation: KmsOperation): KmsErrorDetails {
    return { provider: this.#operations.provider, operation }
  }
}
