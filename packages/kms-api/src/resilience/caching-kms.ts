import { momentOf, systemClock } from '../clock/moment.ts'
import type { Dek } from '../contract/dek.ts'
import type { Edek, Kek } from '../contract/kek.ts'
import type { DekPair, Kms, KmsCallOptions, KmsHealth } from '../contract/kms.ts'
import { bindContext, type BoundContext } from '../encryption-context/bind-context.ts'
import { isKmsError, type KmsOperation } from '../errors/kms-error.ts'
import { InvalidEdekError, InvalidResponseError, KmsClosedError } from '../errors/kms-errors.ts'
import { sanitizeCause } from '../errors/sanitize-cause.ts'
import { assertEdek, assertKekSelector, copyKek } from '../provider-kit/create-kms/arguments.ts'
import type { Clock } from '../provider.ts'
import { cachingLimits, type CachingKmsOptions } from './caching-options.ts'
import { isDecoratedKms, markDecorated, type Decoration } from './decorated-kms.ts'
import { edekCacheKey, kekCacheKey, kekGroup } from './layers/cache-key.ts'
import { isRevocation } from './layers/failures.ts'
import { asRefresh } from './layers/layer-call.ts'
import { NegativeCache } from './negative-cache.ts'
import { ResponseCache } from './response-cache.ts'
import { UnnamedKeks, type UnnamedRequests } from './unnamed-keks.ts'

/**
 * Puts a cache in front of a `Kms`: responses of `resolveKek` (10 min) and `decryptEdek` (10,000 EDEKs, 4 h) are kept, and concurrent calls with the same
 * arguments cause one request. Every `generateDekPair` reaches the KMS: a generated DEK has one owner.
 *
 * - An EDEK that is made with another version of a KEK than the reference's says that the KEK was rotated: the next `resolveKek` sends a request.
 * - Each caller of `decryptEdek` receives a handle of its own and must destroy it. An evicted DEK is destroyed with its last handle.
 * - An EDEK under another KEK, encryption context or mode of reading is another request: no caller receives what it could not have requested itself.
 * - One caller's signal ends that caller's wait only.
 * - While the KMS is unreachable, responses of up to 24 h stand in. "Denied", "disabled" or "unknown" evicts everything of that KEK at once. A rejection of
 *   the key version that an EDEK names evicts nothing, because the writer of a record chooses it.
 * - An unknown selector is remembered for 30 s, an EDEK that the KMS rejected as invalid for 10 min, and up to 24 h when that repeats. A KEK that no rule
 *   names exactly (`reader.named: false`) is looked up first, and remembered for 10 min to 1 h when it is gone. No other failure is remembered.
 * - There is no timer and no open handle.
 *
 * @param kms - belongs to the result from now on: closing that closes it, unless `closeInner` is false. One that is decorated already is
 * returned as it is, whatever the options.
 * @throws RangeError for a limit that is not a whole number.
 */
export function cachingKms(kms: Kms, options: CachingKmsOptions = {}): Kms {
  if (isDecoratedKms(kms)) return kms
  const caching = new CachingKms(kms, options)
  markDecorated(caching, { layers: ['cache'], ...caching.decoration() })
  return caching
}

interface CachedDek {
  readonly dek: Dek
  readonly group: string
}

/** The cache itself, for {@link cachingKms} and for what composes layers. */
export class CachingKms implements Kms {
  readonly health?: () => Promise<KmsHealth>
  readonly #inner: Kms
  readonly #clock: Clock
  readonly #closeInner: boolean
  readonly #keks: ResponseCache<Kek, Kek>
  readonly #deks: ResponseCache<CachedDek, Dek>
  readonly #unknownSelectors: NegativeCache<Error>
  /** By the key of the cache: the verdict is about this KEK and this context. */
  readonly #invalidEdeks: NegativeCache<true>
  readonly #requests: UnnamedRequests
  readonly #unnamed: UnnamedKeks
  #provider = 'unknown'
  #closed: Promise<void> | undefined

  constructor(inner: Kms, options: CachingKmsOptions) {
    const { keks, unknownSelectors, deks, invalidEdeks, unnamed } = cachingLimits(options)
    const clock = options.clock ?? systemClock
    this.#clock = clock
    this.#inner = inner
    this.#closeInner = options.closeInner ?? true
    this.#unknownSelectors = new NegativeCache(unknownSelectors, clock)
    this.#invalidEdeks = new NegativeCache(invalidEdeks, clock)
    this.#keks = new ResponseCache(keks, clock, { groupOf: kekGroup, share: (kek) => kek, release: () => undefined })
    this.#deks = new ResponseCache(deks, clock, {
      groupOf: (cached) => cached.group,
      share: (cached) => cached.dek.lease(),
      release: (cached) => {
        cached.dek.destroy()
      },
    })
    this.#requests = {
      resolveKek: (id, options) => this.#request('resolveKek', options ?? {}, () => inner.resolveKek(id, options)),
      decryptEdek: (kek, edek, options) =>
        this.#request('decryptEdek', options ?? {}, () => inner.decryptEdek(kek, edek, options)),
      resolveRuleKek: (kekSelector, maxAgeMs) => this.resolveKek(kekSelector, { maxAgeMs }),
    }
    this.#unnamed = new UnnamedKeks(this.#requests, unnamed, clock)
    const health = inner.health?.bind(inner)
    if (health !== undefined) this.health = () => this.#health(health)
  }

  async resolveKek(kekSelector: string, options: KmsCallOptions = {}): Promise<Kek> {
    assertKekSelector(kekSelector)
    this.#begin('resolveKek', options)
    const shared = forEverybody(options, bindContext(options.encryptionContext))
    const { signal, maxAgeMs, reader } = options
    // The id of a KEK that a record names: what the rules' selectors are cached in has no room for it.
    if (reader?.named === false)
      return this.#request('resolveKek', options, () => this.#inner.resolveKek(kekSelector, { ...shared, signal }))
    const key = kekCacheKey(kekSelector, shared)
    const load = (refresh: boolean): Promise<Kek> =>
      this.#loadKek(key, kekSelector, refresh ? asRefresh(shared) : shared, maxAgeMs)
    return this.#keks.read(key, load, { signal, maxAgeMs })
  }

  async generateDekPair(given: Kek, options: KmsCallOptions = {}): Promise<DekPair> {
    const kek = copyKek(given)
    this.#begin('generateDekPair', options, kek)
    const shared = forEverybody(options, bindContext(options.encryptionContext))
    const { signal } = options
    const { version } = kek
    try {
      const pair = await this.#request('generateDekPair', options, () =>
        this.#inner.generateDekPair(kek, { ...shared, signal }),
      )
      if (version !== undefined && this.#isOfAnotherVersion(pair.edek, version)) this.#keks.evict(kekGroup(kek))
      return pair
    } catch (error) {
      this.#failed(error, kek)
      throw error
    }
  }

  async decryptEdek(given: Kek, bytes: Edek, options: KmsCallOptions = {}): Promise<Dek> {
    const kek = copyKek(given)
    assertEdek(bytes)
    this.#begin('decryptEdek', options, kek)
    // One copy of each argument, for the key and for the load: the caller may change its own as soon as it has the promise.
    const edek = new Uint8Array(bytes)
    const context = bindContext(options.encryptionContext)
    const shared = forEverybody(options, context)
    const { signal } = options
    const key = edekCacheKey(kek, context?.bytes, edek, shared)
    const load = (refresh: boolean): Promise<CachedDek> =>
      this.#loadDek(key, kek, edek, refresh ? asRefresh(shared) : shared)
    return this.#deks.read(key, load, { signal, groupOf: () => kekGroup(kek) })
  }

  kekOf(edek: Edek): Kek {
    if (this.#closed !== undefined) throw this.#closedError('kekOf')
    return this.#inner.kekOf(edek)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The part of a decorated `Kms`'s mark about the cache. */
  decoration(): Omit<Decoration, 'layers'> {
    return {
      snapshot: () => ({ keks: this.#keks.snapshot(), deks: this.#deks.snapshot() }),
      evict: (kek) => {
        this.#evict(kek)
        // Keyed by hashes, so that those of one KEK cannot be told apart.
        this.#invalidEdeks.clear()
        this.#unnamed.clear()
      },
    }
  }

  async #loadKek(
    key: string,
    kekSelector: string,
    options: KmsCallOptions,
    maxAgeMs: number | undefined,
  ): Promise<Kek> {
    const unknown = this.#unknownSelectors.get(kekSelector, maxAgeMs)
    if (unknown !== undefined) throw unknown
    const asked = momentOf(this.#clock)
    try {
      const kek = Object.freeze({
        ...(await this.#request('resolveKek', options, () => this.#inner.resolveKek(kekSelector, options))),
      })
      this.#provider = kek.provider
      this.#unknownSelectors.delete(kekSelector)
      return kek
    } catch (error) {
      if (isKmsError(error, 'KMS_UNKNOWN_ALIAS')) this.#unknownSelectors.set(kekSelector, error, asked)
      this.#failed(error, this.#keks.peek(key) ?? (isKmsError(error) ? error.kek : undefined))
      throw error
    }
  }

  async #loadDek(key: string, kek: Kek, edek: Edek, options: KmsCallOptions): Promise<CachedDek> {
    if (this.#invalidEdeks.get(key) !== undefined)
      throw new InvalidEdekError({ provider: kek.provider, operation: 'decryptEdek' })
    const asked = momentOf(this.#clock)
    try {
      const dek = await (options.reader?.named === false ? this.#unnamed : this.#requests).decryptEdek(
        kek,
        edek,
        options,
      )
      this.#invalidEdeks.delete(key)
      return { dek, group: kekGroup(kek) }
    } catch (error) {
      if (isKmsError(error, 'KMS_INVALID_EDEK')) this.#invalidEdeks.set(key, true, asked)
      if (!this.#unnamed.isAboutEdek(error)) this.#failed(error, kek)
      throw error
    }
  }

  /**
   * Calls the KMS inside. An error that violates the contract may quote a token or a response: only its kind is passed on.
   */
  async #request<T extends object>(
    operation: KmsOperation,
    { signal }: KmsCallOptions,
    call: () => Promise<T>,
  ): Promise<T> {
    let answer: T
    try {
      answer = await call()
    } catch (error) {
      signal?.throwIfAborted()
      if (isKmsError(error)) throw error
      throw new InvalidResponseError('an error of the contract', {
        provider: this.#provider,
        operation,
        cause: sanitizeCause(error),
      })
    }
    if (typeof answer === 'object' && (answer as unknown) !== null) return answer
    throw new InvalidResponseError('what the contract asks for', { provider: this.#provider, operation })
  }

  async #health(ask: () => Promise<KmsHealth>): Promise<KmsHealth> {
    if (this.#closed !== undefined) throw this.#closedError('health')
    return await ask()
  }

  async #close(): Promise<void> {
    this.#keks.close(this.#closedError('resolveKek'))
    this.#deks.close(this.#closedError('decryptEdek'))
    this.#unknownSelectors.clear()
    this.#invalidEdeks.clear()
    this.#unnamed.clear()
    if (this.#closeInner) await this.#inner.close()
  }

  /** @param kek - the KEK that the call was about, where that is known. */
  #failed(error: unknown, kek: Kek | undefined): void {
    if (kek !== undefined && isRevocation(error)) this.#evict(kek)
  }

  #evict(kek: Kek): void {
    const group = kekGroup(kek)
    this.#keks.evict(group)
    this.#deks.evict(group)
  }

  /** Returns whether the KEK was rotated since it was resolved: the new EDEK names another version of it. */
  #isOfAnotherVersion(edek: Edek, version: string): boolean {
    try {
      const made = this.#inner.kekOf(edek).version
      return made !== undefined && made !== version
    } catch {
      return false
    }
  }

  #begin(operation: KmsOperation, options: KmsCallOptions, kek?: Kek): void {
    if (kek !== undefined) this.#provider = kek.provider
    if (this.#closed !== undefined) throw this.#closedError(operation)
    options.signal?.throwIfAborted()
  }

  #closedError(operation: KmsOperation): KmsClosedError {
    return new KmsClosedError({ provider: this.#provider, operation })
  }
}

/** The options of a load that several callers share: the one copy of the context, and no signal. */
function forEverybody(
  { contextRead, reader, correlationId }: KmsCallOptions,
  context: BoundContext | undefined,
): KmsCallOptions {
  return {
    encryptionContext: context?.pairs,
    ...(contextRead !== undefined && { contextRead }),
    ...(reader !== undefined && { reader }),
    correlationId,
  }
}
