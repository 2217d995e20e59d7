import { LRUCache } from 'lru-cache'

import { elapsedMs, momentOf, type Moment } from '../clock/moment.ts'
import { withSignal } from '../clock/with-signal.ts'
import type { Dek } from '../contract/dek.ts'
import type { Edek, Kek } from '../contract/kek.ts'
import type { Kms, KmsCallOptions } from '../contract/kms.ts'
import { sameKek } from '../contract/same-kek.ts'
import { encodeEncryptionContext } from '../encryption-context/encode-encryption-context.ts'
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

const NO_EDEK = new Uint8Array(0)

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
 * - What the KMS says about the KEK alone is remembered by KEK and encryption context: a KEK that cannot bind the context of one topic, or is denied with
 *   it, may be usable with that of another.
 * - An EDEK that claims another kind of wrapping than its KEK has is rejected alone: its writer chooses what it claims.
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
  readonly #lookedUp: LRUCache<string, Lookup>
  readonly #lookups = new Map<string, Promise<Lookup>>()
  readonly #aboutEdek = new WeakSet<object>()

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
    const context = encodeEncryptionContext(options.encryptionContext)
    const lookupKey = (context === undefined ? '-' : '+') + kekGroup(kek)
    const kekKey = edekCacheKey(kek, context, NO_EDEK)
    // The KMS may fail on this EDEK only, which the writer of a record created; that must not affect other records of the KEK.
    const edekKey = edekCacheKey(kek, context, edek)
    const call = { kek, lookupKey, sentAt: momentOf(this.#clock), options }
    this.#throwRemembered(lookupKey, kekKey, edekKey)
    const lookUp = (): Promise<Lookup> => this.#lookUp(call)
    const { wrapping } = await this.#judged(call, { gone: lookupKey, unresponsive: lookupKey }, lookUp)
    if (wrapping !== undefined && wrapping !== kek.wrapping) throw this.#otherKind(kek)
    const decrypt = (): Promise<Dek> => this.#requests.decryptEdek(kek, edek, options)
    const dek = await this.#judged(call, { gone: kekKey, unresponsive: edekKey }, decrypt)
    this.#gone.delete(kekKey)
    this.#unresponsive.delete(edekKey)
    return dek
  }

  /** Returns whether an error of {@link UnnamedKeks.decryptEdek} is about the EDEK alone, although its code says that the KEK does not exist. */
  isAboutEdek(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#aboutEdek.has(error)
  }

  clear(): void {
    this.#gone.clear()
    this.#unresponsive.clear()
    this.#lookedUp.clear()
  }

  /** No KEK of this id has the kind that the EDEK claims. Remembered nowhere: the KEK is there, and no request was sent. */
  #otherKind(kek: Kek): UnknownKeyError {
    const error = new UnknownKeyError({ provider: kek.provider, operation: 'decryptEdek', kek })
    this.#aboutEdek.add(error)
    return error
  }

  /** One lookup is in flight for a KEK; the abort of one caller ends only its own wait. */
  async #lookUp({ kek, lookupKey, options: { signal, ...shared } }: UnnamedCall): Promise<Lookup> {
    const last = this.#lookedUp.get(lookupKey)
    if (last !== undefined && elapsedMs(last.sentAt, momentOf(this.#clock)) < this.#lookupTtlMs) return last
    let lookup = this.#lookups.get(lookupKey)
    if (lookup === undefined) {
      lookup = this.#requestKek(lookupKey, kek, shared).finally(() => this.#lookups.delete(lookupKey))
      this.#lookups.set(lookupKey, lookup)
    }
    const found = lookup
    return await (signal === undefined ? found : withSignal(() => found, signal))
  }

  async #requestKek(lookupKey: string, kek: Kek, options: KmsCallOptions): Promise<Lookup> {
    const sentAt = momentOf(this.#clock)
    let wrapping: Kek['wrapping'] | undefined
    try {
      const found = await this.#requests.resolveKek(kek.id, options)
      if (!sameKek(found, kek)) throw new UnknownKeyError({ provider: kek.provider, operation: 'resolveKek', kek })
      wrapping = found.wrapping
    } catch (error) {
      if (!isKmsError(error, 'KMS_ACCESS_DENIED')) throw error
    }
    const lookup: Lookup = { sentAt, wrapping }
    this.#lookedUp.set(lookupKey, lookup)
    this.#gone.delete(lookupKey)
    this.#unresponsive.delete(lookupKey)
    return lookup
  }

  /** @param keys - what a failure is remembered by. If the KMS sends no usable response, that is the KEK, or one EDEK. */
  async #judged<T>(call: UnnamedCall, keys: MemoryKeys, request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (error) {
      call.options.signal?.throwIfAborted()
      throw await this.#judge(error, call, keys)
    }
  }

  /** Decides what a failure is, and remembers it where it is about the KEK or the EDEK alone. */
  async #judge(error: unknown, call: UnnamedCall, keys: MemoryKeys): Promise<unknown> {
    const { kek, lookupKey, sentAt } = call
    if (!isKmsError(error) || isVersionRejection(error)) return error
    if (GONE.has(error.code)) {
      this.#gone.set(keys.gone, error, sentAt)
      this.#lookedUp.delete(lookupKey)
      return error
    }
    if (!MAY_BE_OUTAGE.has(error.code) || !(await this.#isKmsWorking(call))) return error
    const { provider, reason, status, endpoint } = error
    const about = { provider, operation: 'decryptEdek', kek, reason, status, endpoint, cause: error } as const
    const unresponsive = new KeyUnavailableError(UNRESPONSIVE, about)
    this.#unresponsive.set(keys.unresponsive, unresponsive, sentAt)
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

  #throwRemembered(...keys: readonly string[]): void {
    for (const key of keys) {
      const error = this.#gone.get(key) ?? this.#unresponsive.get(key)
      if (error !== undefined) throw error
    }
  }
}

/** A lookup that the KMS responded to. */
interface Lookup {
  readonly sentAt: Moment
  /** Absent if the lookup was denied. */
  readonly wrapping: Kek['wrapping'] | undefined
}

/** What failures are remembered by. */
interface MemoryKeys {
  readonly gone: string
  readonly unresponsive: string
}

/** One call about a KEK that no rule names exactly. */
interface UnnamedCall {
  readonly kek: Kek
  readonly lookupKey: string
  readonly sentAt: Moment
  readonly options: KmsCallOptions
}
