import type { Dek } from '../../contract/dek.ts'
import type { Edek, Kek } from '../../contract/kek.ts'
import type { DekPair, Kms, KmsCallOptions, KmsHealth } from '../../contract/kms.ts'
import { isKmsError } from '../../errors/kms-error.ts'
import { subjectOf, type LayerCall, type RemoteOperation } from './layer-call.ts'

/** The work of a layer around each call. `provider` is the provider's name as far as it is known. */
export type Around = <T>(call: LayerCall<T>, provider: string) => Promise<T>

/**
 * Puts one layer around the requests of a `Kms`. `kekOf`, `health` and `close` pass through.
 *
 * @param inner - closed with the result.
 */
export function layeredKms(inner: Kms, around: Around): Kms {
  return new LayeredKms(inner, around)
}

class LayeredKms implements Kms {
  readonly health?: () => Promise<KmsHealth>
  readonly #inner: Kms
  readonly #around: Around
  #provider = 'kms'

  constructor(inner: Kms, around: Around) {
    this.#inner = inner
    this.#around = around
    if (inner.health !== undefined) this.health = inner.health.bind(inner)
  }

  async resolveKek(kekSelector: string, options: KmsCallOptions = {}): Promise<Kek> {
    const kek = await this.#call<Kek>('resolveKek', {
      subject: kekSelector,
      kek: undefined,
      kekSelector,
      options,
      run: (next) => this.#inner.resolveKek(kekSelector, next),
      discard: () => undefined,
    })
    this.#provider = kek.provider
    return kek
  }

  generateDekPair(kek: Kek, options: KmsCallOptions = {}): Promise<DekPair> {
    return this.#call<DekPair>('generateDekPair', {
      subject: subjectOf(kek),
      kek,
      kekSelector: undefined,
      options,
      run: (next) => this.#inner.generateDekPair(kek, next),
      discard: ({ dek }) => {
        dek.destroy()
      },
    })
  }

  decryptEdek(kek: Kek, edek: Edek, options: KmsCallOptions = {}): Promise<Dek> {
    return this.#call<Dek>('decryptEdek', {
      subject: subjectOf(kek),
      kek,
      kekSelector: undefined,
      options,
      run: (next) => this.#inner.decryptEdek(kek, edek, next),
      discard: (dek) => {
        dek.destroy()
      },
    })
  }

  kekOf(edek: Edek): Kek {
    return this.#inner.kekOf(edek)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #call<T>(operation: RemoteOperation, call: Omit<LayerCall<T>, 'operation'>): Promise<T> {
    try {
      return await this.#around<T>({ operation, ...call }, this.#provider)
    } catch (error) {
      if (isKmsError(error)) this.#provider = error.provider
      throw error
    }
  }
}
