import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Moment } from '../clock/moment.ts'
import { withSignal } from '../clock/with-signal.ts'
import type { Dek } from '../contract/dek.ts'
import type { Edek, Kek } from '../contract/kek.ts'
import type { Kms, KmsCallOptions } from '../contract/kms.ts'
import { sameKek } from '../contract/same-kek.ts'
import type { KmsErrorCode } from '../errors/codes.ts'
import { isKmsError, type KmsError } from '../errors/kms-error.ts'
import { isVersionRejection, KeyUnavailableError, UnknownKeyError } from '../errors/kms-errors.ts'
import type { Clock } from '../provider.ts'
import type { UnnamedLimits } from './caching-options.ts'
import { edekCacheKey, kekGroup } from './layers/cache-key.ts'
import { UNRESPONSIVE } from './layers/failures.ts'
import { NegativeCache } from './negative-cache.ts'

/** Errors about one KEK only. */
const GONE: ReadonlySet<KmsErrorCode> = new Set([
  'KMS_UNKNOWN_ALIAS',
  'KMS_UNKNOWN_KEY',
  'KMS_KEY_UNAVAILABLE',
  'KMS_INVALID_KEY_USAGE',
  'KMS_ACCESS_DENIED',
  'KMS_CONTEXT_UNSUPPORTED',
])
/** Errors of an outage, or of a key that the KMS cannot handle. */
const MAY_BE_OUTAGE: ReadonlySet<KmsErrorCode> = new Set([
  'KMS_UNAVAILABLE',
  'KMS_TIMEOUT',
  'KMS_INVALID_RESPONSE',
  'KMS_CONFIG',
])

/** The requests that {@link UnnamedKeks} sends. */
export interface UnnamedRequests extends Pick<Kms, 'resolveKek' | 'decryptEdek'> {
  /** Resolves the KEK of the reader's rule; a response older than `maxAgeMs` does not count. */
  resolveRuleKek(kekSelector: string, maxAgeMs: number): Promise<Kek>
}

/**
 * Decrypts EDEKs of KEKs that no rule names exactly. The writer of a record chooses such a KEK among all that a pattern or the boundary allows, so one of
 * them must not look like an outage, push anything else out of a cache, or cost a request for each record that names it.
 *
 * - The KEK is looked up by its id first. A denied lookup decides nothing, because many consumers may only unwrap.
 * - What the KMS says about the KEK alone is remembered by KEK.
 * - What it sends no usable response to is remembered by EDEK, unless it is the lookup: it may be one crafted EDEK of a good KEK.
 * - A 5xx or a timeout is taken for an outage unless a response about the rule's own KEK, requested later, shows that the KMS works; then it is
 *   `KMS_KEY_UNAVAILABLE` with the state `unresponsive`.
 */
export class UnnamedKeks {
  readonly #requests: UnnamedRequests
  readonly #lookupTtlMs: number
  readonly #clock: Clock
  readonly #gone: NegativeCache<KmsError>
  readonly #unresponsive: NegativeCache<KmsError>
  /** The last lookup of each KEK. Kept apart from the selectors of rules, which hostile names must not push out. */
  readonly #lookedUp: LRUCache<string, Moment>
  readonly #lookups = new Map<string, Promise<void>>()

  constructor(requests: UnnamedRequests, limits: UnnamedLimits, clock: Clock) {
    this.#requests = requests
    this.#lookupTtlMs = limits.lookupTtlMs
    this.#clock = clock
    this.#gone = new NegativeCache(limits.gone, clock)
    this.#unresponsive = new NegativeCache(limits.unresponsive, clock)
    this.#lookedUp = new LRUCache({ max: limits.maxLookups })
  }

  /** Decrypts an EDEK. @see Kms.decryptEdek */
  async decryptEdek(kek: Kek, edek: Edek, options: KmsCallOptions): Promise<Dek> {
    const call = { kek, key: kekGroup(kek), sentAt: momentOf(this.#clock), options }
    // The KMS may fail on this EDEK only, which the writer of a record created; that must not affect other records of the KEK.
    const edekKey = edekCacheKey(kek, undefined, edek)
    this.#throwRemembered(call.key, edekKey)
    await this.#judged(call, call.key, () => this.#lookUp(call))
    const dek = await this.#judged(call, edekKey, () => this.#requests.decryptEdek(kek, edek, options))
    this.#gone.delete(call.key)
    this.#unresponsive.delete(call.key)
    this.#unresponsive.delete(edekKey)
    return dek
  }

  clear(): void {
    this.#gone.clear()
    this.#unresponsive.clear()
    this.#lookedUp.clear()
  }

  /** One lookup is in flight for a KEK; the abort of one caller ends only its own wait. */
  async #lookUp({ kek, key, options: { signal, ...shared } }: UnnamedCall): Promise<void> {
    const last = this.#lookedUp.get(key)
    if (last !== undefined && elapsedMs(last, momentOf(this.#clock)) < this.#lookupTtlMs) return
    let lookup = this.#lookups.get(key)
    if (lookup === undefined) {
      lookup = this.#requestKek(key, kek, shared).finally(() => this.#lookups.delete(key))
      this.#lookups.set(key, lookup)
    }
    const found = lookup
    await (signal === undefined ? found : withSignal(() => found, signal))
  }

  async #requestKek(key: string, kek: Kek, options: KmsCallOptions): Promise<void> {
    const sentAt = momentOf(this.#clock)
    try {
      const found = await this.#requests.resolveKek(kek.id, options)
      if (!sameKek(found, kek) || found.wrapping !== kek.wrapping)
        throw new UnknownKeyError({ provider: kek.provider, operation: 'resolveKek', kek })
    } catch (error) {
      if (!isKmsError(error, 'KMS_ACCESS_DENIED')) throw error
    }
    this.#lookedUp.set(key, sentAt)
  }

  /** @param unresponsiveKey - what is remembered if the KMS sends no usable response: the KEK, or one EDEK. */
  async #judged<T>(call: UnnamedCall, unresponsiveKey: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      call.options.signal?.throwIfAborted()
      throw await this.#judge(error, call, unresponsiveKey)
    }
  }

  /** Decides what a failure is, and remembers it where it is about the KEK or the EDEK alone. */
  async #judge(error: unknown, call: UnnamedCall, unresponsiveKey: string): Promise<unknown> {
    const { kek, key, sentAt } = call
    if (!isKmsError(error) || isVersionRejection(error)) return error
    if (GONE.has(error.code)) {
      this.#gone.set(key, error, sentAt)
      this.#lookedUp.delete(key)
      return error
    }
    if (!MAY_BE_OUTAGE.has(error.code) || !(await this.#isKmsWorking(call))) return error
    const { provider, reason, status, endpoint } = error
    const about = { provider, operation: 'decryptEdek', kek, reason, status, endpoint, cause: error } as const
    const unresponsive = new KeyUnavailableError(UNRESPONSIVE, about)
    this.#unresponsive.set(unresponsiveKey, unresponsive, sentAt)
    return unresponsive
  }

  /** Returns whether the KMS has responded about the rule's own KEK since `sentAt`. */
  async #isKmsWorking({ sentAt, options: { reader } }: UnnamedCall): Promise<boolean> {
    if (reader?.ruleKekSelector === undefined) return false
    try {
      await this.#requests.resolveRuleKek(reader.ruleKekSelector, elapsedMs(sentAt, momentOf(this.#clock)))
      return true
    } catch {
      return false
    }
  }

  #throwRemembered(key: string, edekKey: string): void {
    const error = this.#gone.get(key) ?? this.#unresponsive.get(key) ?? this.#unresponsive.get(edekKey)
    if (error !== undefined) throw error
  }
}

/** One call about a KEK that no rule names exactly. */
interface UnnamedCall {
  readonly kek: Kek
  readonly key: string
  readonly sentAt: Moment
  readonly options: KmsCallOptions
}
