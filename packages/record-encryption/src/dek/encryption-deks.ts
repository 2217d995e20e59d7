import { randomBytes } from 'node:crypto'

import {
  elapsedMs,
  KeyUnavailableError,
  momentOf,
  sameKek,
  withSignal,
  type Clock,
  type Dek,
  type DekPair,
  type Edek,
  type EncryptionContext,
  type Kek,
  type Kms,
  type Logger,
  type Moment,
} from '@keyfold/kms-api'
import { isRevocation } from '@keyfold/kms-api/resilience'

import { codeOf } from '../errors/code-of.ts'
import { EncryptionClosedError } from '../errors/encryption-closed-error.ts'
import { isNewerVersion } from '../keks/compare-versions.ts'
import { DistrustList } from '../keks/distrust-list.ts'
import type { KekVersions } from '../keks/kek-versions.ts'
import { checkedResponse } from './checked-response.ts'
import { contextKey } from './context-key.ts'
import { EncryptionDek, type Reservation } from './encryption-dek.ts'
import type { Limits, Need } from './limits.ts'
import { SkewWatch } from './skew-watch.ts'

/** The maximum number of KEKs, and versions of them, that have an encryption DEK at a time. */
const MAX_SLOTS = 10_000
/** This many consecutive unusable DEKs are not a coincidence. */
export const MAX_UNUSABLE_DEKS = 8

/** After a failed refresh, the next batch does not start another at once. */
const REFRESH_RETRY_MS = 5_000

/** The KEK and context of a DEK. An EDEK is bound to one context, so topics with different contexts do not share a DEK. */
export interface DekSource {
  readonly kek: Kek
  readonly encryptionContext: EncryptionContext | undefined
}

interface Slot {
  readonly kek: Kek
  readonly encryptionContext: EncryptionContext | undefined
  current: EncryptionDek | undefined
  /** The version of the KEK that wrapped the current DEK. */
  version: string | undefined
  /** The age at which the current DEK is refreshed: the configured age less a random part, so that a fleet does not refresh at once. */
  refreshAge: number
  flight: Promise<void> | undefined
  failure: { readonly code: string; readonly at: Moment } | undefined
  /** A DEK that was requested before a revocation must not be used after it. */
  dropped: boolean
}

/**
 * Owns the DEKs that encrypt, one for each KEK, version and encryption context. One generation is in flight for a KEK; a refresh runs
 * in the background and is started by a use, never by a timer.
 */
export class EncryptionDeks {
  readonly #kms: Kms
  readonly #limits: Limits
  readonly #clock: Clock
  readonly #logger: Logger | undefined
  readonly #slots = new Map<string, Slot>()
  readonly #skew = new SkewWatch()
  readonly #versions: KekVersions
  readonly #distrusted: DistrustList
  /** References that were checked already: a cache returns the same one for a while. */
  #seen = new WeakSet<Kek>()
  #closed = false

  constructor(
    kms: Kms,
    limits: Limits,
    clock: Clock,
    logger: Logger | undefined,
    versions: KekVersions,
    distrusted: DistrustList = new DistrustList([]),
  ) {
    this.#kms = kms
    this.#limits = limits
    this.#clock = clock
    this.#logger = logger
    this.#versions = versions
    this.#distrusted = distrusted
  }

  /** Returns whether a reservation of `dek` may still be used now. Also detects a suspended machine. */
  usable(dek: EncryptionDek): boolean {
    const now = this.#now()
    return !dek.revoked && !this.#isTooOld(dek, now)
  }

  /** The only comparison with the stop age: reservation and use must agree. */
  #isTooOld(dek: EncryptionDek, now: Moment): boolean {
    return elapsedMs(dek.born, now) >= this.#limits.stopMs
  }

  /** Reserves `need` of the current DEK of a source, or of a new one. `need` must fit a fresh DEK. */
  async reserve(
    { kek, encryptionContext }: DekSource,
    need: Need,
    signal: AbortSignal | undefined,
  ): Promise<Reservation> {
    if (need.records > this.#limits.records || need.bytes > this.#limits.bytes)
      throw new RangeError('"need" expected to fit a fresh DEK')
    let made: Slot | undefined
    for (let unusable = 0; unusable < MAX_UNUSABLE_DEKS;) {
      const slot = this.#slotOf(kek, encryptionContext)
      const reservation = this.#tryReserve(slot, need)
      if (reservation !== undefined) return reservation
      // Revoked, or too old, before its first use; that other callers used it up is not a fault.
      if (made !== undefined && (made.dropped || made.current === undefined)) unusable++
      await withSignal(() => this.#generate(slot), signal)
      made = slot
    }
    throw unusableDeks()
  }

  /** Creates a DEK unless one exists. */
  async ensure(source: DekSource, signal: AbortSignal | undefined): Promise<void> {
    const reservation = await this.reserve(source, { records: 0, bytes: 0 }, signal)
    reservation.end()
  }

  /** Revokes the DEKs of one KEK, whatever its version, or of all: they encrypt no more records. */
  revoke(kek?: Pick<Kek, 'provider' | 'id'>): void {
    for (const [key, slot] of this.#slots) {
      if (kek !== undefined && (slot.kek.provider !== kek.provider || slot.kek.id !== kek.id)) continue
      slot.dropped = true
      slot.current?.revoke()
      this.#slots.delete(key)
    }
  }

  /** Records a response that names the newest version of a KEK, and drops DEKs of a newer one: after a restore, their records could never be decrypted. */
  saw(kek: Kek): void {
    if (kek.version === undefined || this.#seen.has(kek)) return
    this.#seen.add(kek)
    this.#dropNewer(kek, (version) => isNewerVersion(version, kek.version))
  }

  /** Records that the KMS does not know `kek.version`, and drops DEKs of that version or a newer one. */
  isBehind(kek: Kek): void {
    this.#dropNewer(kek, (version) => version === kek.version || isNewerVersion(version, kek.version))
  }

  /** Returns the number of DEKs that encrypt, and the KEKs whose latest DEK could not be generated. */
  health(): { readonly deks: number; readonly failing: { readonly kek: Kek; readonly code: string }[] } {
    const slots = [...this.#slots.values()]
    return {
      deks: slots.filter(({ current }) => current !== undefined).length,
      failing: slots.flatMap(({ kek, failure }) => (failure === undefined ? [] : [{ kek, code: failure.code }])),
    }
  }

  close(): void {
    this.#closed = true
    this.revoke()
  }

  #now(): Moment {
    const now = momentOf(this.#clock)
    if (this.#skew.parted(now)) {
      this.#logger?.warn(
        { code: 'CLOCKS_PARTED' },
        'wall clock and monotonic clock went different ways; all encryption DEKs are dropped',
      )
      this.revoke()
    }
    return now
  }

  #slotOf(kek: Kek, encryptionContext: EncryptionContext | undefined): Slot {
    if (this.#closed) throw new EncryptionClosedError()
    // Before the lookup, because it may drop all slots.
    this.#now()
    const key = JSON.stringify([kek.provider, kek.id, kek.version ?? null, contextKey(encryptionContext)])
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = {
        kek,
        encryptionContext,
        current: undefined,
        version: undefined,
        refreshAge: 0,
        flight: undefined,
        failure: undefined,
        dropped: false,
      }
      this.#slots.set(key, slot)
      if (this.#slots.size > MAX_SLOTS) this.#forgetOldest()
    }
    return slot
  }

  /** Callers that use its DEK finish with it. */
  #forgetOldest(): void {
    for (const [key, slot] of this.#slots) {
      slot.dropped = true
      slot.current?.retire()
      this.#slots.delete(key)
      return
    }
  }

  #tryReserve(slot: Slot, need: Need): Reservation | undefined {
    const dek = slot.current
    if (dek === undefined) return undefined
    const now = momentOf(this.#clock)
    if (this.#isTooOld(dek, now)) {
      dek.retire()
      slot.current = undefined
      return undefined
    }
    const reservation = dek.reserve(need)
    if (reservation !== undefined && elapsedMs(dek.born, now) >= slot.refreshAge) this.#refresh(slot, now)
    return reservation
  }

  #refresh(slot: Slot, now: Moment): void {
    if (slot.flight !== undefined) return
    if (slot.failure !== undefined && elapsedMs(slot.failure.at, now) < REFRESH_RETRY_MS) return
    this.#generate(slot).catch((error: unknown) => {
      if (isRevocation(error)) {
        this.revoke(slot.kek)
        this.#logger?.error(
          { code: codeOf(error), kek: slot.kek },
          'the KEK may not be used any more: its DEKs are dropped',
        )
        return
      }
      this.#logger?.warn(
        { code: codeOf(error), kek: slot.kek },
        'the DEK could not be refreshed; the old one stays in use until it is too old',
      )
    })
  }

  /** One generation at a time for a KEK. No caller's signal ends it. */
  #generate(slot: Slot): Promise<void> {
    slot.flight ??= this.#generateNow(slot).finally(() => {
      slot.flight = undefined
    })
    return slot.flight
  }

  async #generateNow(slot: Slot): Promise<void> {
    try {
      const pair = checkedResponse(await this.#generatePair(slot), 'generateDekPair', slot.kek)
      const edek = checkedResponse(pair.edek, 'generateDekPair', slot.kek)
      const dek = checkedResponse(pair.dek, 'generateDekPair', slot.kek)
      if (slot.dropped) {
        dek.destroy()
        return
      }
      this.#checkTrust(dek, edek, slot.kek)
      const born = this.#createdAt(dek)
      const fresh = new EncryptionDek(dek, edek, this.#limits, born)
      slot.current?.retire()
      slot.current = fresh
      slot.version = this.#versionOf(edek) ?? slot.kek.version
      slot.refreshAge = this.#limits.refreshMs * (1 - (randomBytes(1)[0] as number) / 2560)
      slot.failure = undefined
      const made = { ...slot.kek, version: slot.version }
      this.#versions.note(made)
      this.saw(made)
      this.#sweep(born)
    } catch (error) {
      slot.failure = { code: codeOf(error), at: momentOf(this.#clock) }
      throw error
    }
  }

  #generatePair({ kek, encryptionContext }: Slot): Promise<DekPair> {
    return encryptionContext === undefined
      ? this.#kms.generateDekPair(kek)
      : this.#kms.generateDekPair(kek, { encryptionContext })
  }

  /** Destroys a DEK that readers would reject. */
  #checkTrust(dek: Dek, edek: Edek, kek: Kek): void {
    const made = { ...kek, version: this.#versionOf(edek) ?? kek.version }
    try {
      if (!this.#distrusted.has(edek, made)) return
      throw new KeyUnavailableError('distrusted', {
        provider: kek.provider,
        operation: 'generateDekPair',
        kek: made,
        hint: 'it is on the list "distrust": rotate the KEK, or use another',
      })
    } catch (error) {
      dek.destroy()
      throw error
    }
  }

  /** Destroys the DEK if the clock fails, because its age would be unknown. */
  #createdAt(dek: Dek): Moment {
    try {
      return momentOf(this.#clock)
    } catch (error) {
      dek.destroy()
      throw error
    }
  }

  #versionOf(edek: Edek): string | undefined {
    try {
      return this.#kms.kekOf(edek).version
    } catch {
      return undefined
    }
  }

  #dropNewer(kek: Kek, isNewer: (version: string | undefined) => boolean): void {
    for (const [key, slot] of this.#slots) {
      if (slot.current === undefined || !sameKek(slot.kek, kek) || !isNewer(slot.version)) continue
      slot.dropped = true
      slot.current.revoke()
      this.#slots.delete(key)
      this.#logger?.error(
        { code: 'KMS_KEY_VERSION_AHEAD', kek, version: slot.version },
        'the KMS is behind the version of the KEK that wrapped the DEK in use, which is dropped: a node lags behind, or the KEK was restored from an older backup',
      )
    }
  }

  /** Drops DEKs of KEKs, or of versions, that are no longer used. */
  #sweep(now: Moment): void {
    for (const [key, { current, flight, failure }] of this.#slots) {
      const since = current?.born ?? failure?.at
      if (since === undefined || flight !== undefined || elapsedMs(since, now) < this.#limits.stopMs) continue
      current?.retire()
      this.#slots.delete(key)
    }
  }
}

/** Returns the error for a series of unusable DEKs: the stop age is too short for this machine, or its clocks keep diverging. */
export function unusableDeks(): Error {
  return new Error(
    `${MAX_UNUSABLE_DEKS} new DEKs in a row were too old, or revoked, before a record was encrypted: check "limits.stopMs" and the clocks of the machine`,
  )
}
