import type { Clock } from '../provider.ts'
import type { NegativeCacheLimits } from './negative-cache.ts'

/**
 * Limits of the cache of one operation. Ages count from when the KMS was asked, by the larger of the wall clock's and the monotonic
 * clock's.
 */
export interface ResponseCacheOptions {
  /** The age at which a response is due for a refresh, in milliseconds; 0 joins concurrent calls only. */
  readonly ttlMs?: number | undefined
  /** Up to which age a response is used while the KMS is unreachable, in milliseconds. Default 24 h; 0 never uses an old one. */
  readonly maxStaleMs?: number | undefined
  /**
   * How recently a response past its age must have been used to be served at once while it is refreshed, in milliseconds. One that lay idle longer is
   * requested first. Default: KEKs 10 min, DEKs 1 h.
   */
  readonly idleMs?: number | undefined
  /** The maximum number of responses; the least recently used is dropped first. Default: KEKs 1,000, DEKs 10,000. */
  readonly maxEntries?: number | undefined
}

/** Limits of the cache of `resolveKek`. */
export interface KekCacheOptions extends ResponseCacheOptions {
  /** The time for which an unknown selector is not requested again, in milliseconds. Default 30 s; at most 1,000 are remembered. */
  readonly unknownTtlMs?: number | undefined
}

/** Limits of the cache of `decryptEdek`. */
export interface DekCacheOptions extends ResponseCacheOptions {
  /**
   * How long an EDEK that the KMS rejected as invalid is not sent again, the first time, in milliseconds, and twice as long each time after: a wrong
   * authentication tag does not heal. Default 10 min; at most 50,000 are remembered, without their bytes.
   */
  readonly invalidTtlMs?: number | undefined
  /** … up to this. Default 24 h. */
  readonly maxInvalidTtlMs?: number | undefined
  /**
   * How long nothing is requested about a KEK that no rule names exactly, after the KMS said that it is gone, the first time, in milliseconds, and twice
   * as long each time after. Default 10 min; at most 10,000 KEKs are remembered.
   */
  readonly goneTtlMs?: number | undefined
  /** … up to this. Default 1 h. */
  readonly maxGoneTtlMs?: number | undefined
}

/** Options of `cachingKms`. */
export interface CachingKmsOptions {
  /** Default: a response is used for 10 min. */
  readonly resolveKek?: KekCacheOptions | undefined
  /** Default: a response is used for 4 h. */
  readonly decryptEdek?: DekCacheOptions | undefined
  /** Whether `close()` also closes the KMS inside. Default true; `false` if the wrapped KMS belongs to another owner. */
  readonly closeInner?: boolean | undefined
  /** The time. Default: the process's clocks. */
  readonly clock?: Clock | undefined
}

/** {@link ResponseCacheOptions} with nothing left out. */
export interface ResponseCacheLimits {
  readonly ttlMs: number
  readonly maxStaleMs: number
  readonly idleMs: number
  readonly maxEntries: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const MAX_STALE = 24 * HOUR
const MAX_KEKS = 1_000
/** About 0.6 KiB each. */
const MAX_DEKS = 10_000
/** Unknown selectors that are remembered. */
const MAX_UNKNOWN = 1_000
/** Invalid EDEKs that are remembered. */
const MAX_INVALID = 50_000
/** KEKs that no rule names exactly and that are remembered, of each kind. An entry holds an error. */
const MAX_UNNAMED = 10_000

/** {@link CachingKmsOptions}, as far as they are limits, with nothing left out. */
export interface CachingLimits {
  readonly keks: ResponseCacheLimits
  readonly unknownSelectors: NegativeCacheLimits
  readonly deks: ResponseCacheLimits
  readonly invalidEdeks: NegativeCacheLimits
  readonly unnamed: UnnamedLimits
}

/** Limits of what is remembered about KEKs that no rule names exactly. */
export interface UnnamedLimits {
  /** The time for which a successful lookup is used. */
  readonly lookupTtlMs: number
  readonly maxLookups: number
  readonly gone: NegativeCacheLimits
  /** Of KEKs about which alone the KMS sends no usable response. That may pass soon, so it stands for less long. */
  readonly unresponsive: NegativeCacheLimits
}

/** Fills in the defaults. @throws RangeError naming the option that is not a whole number from its minimum. */
export function cachingLimits(options: CachingKmsOptions): CachingLimits {
  const { resolveKek, decryptEdek } = options
  const unknownTtlMs = whole('resolveKek.unknownTtlMs', resolveKek?.unknownTtlMs ?? 30 * SECOND, 0)
  const keks = limits('resolveKek', resolveKek, { ttlMs: 10 * MINUTE, idleMs: 10 * MINUTE, maxEntries: MAX_KEKS })
  const gone = negative('decryptEdek', 'goneTtlMs', decryptEdek?.goneTtlMs, decryptEdek?.maxGoneTtlMs, HOUR)
  return {
    keks,
    unknownSelectors: { firstMs: unknownTtlMs, ttlMs: unknownTtlMs, maxEntries: MAX_UNKNOWN },
    deks: limits('decryptEdek', decryptEdek, { ttlMs: 4 * HOUR, idleMs: HOUR, maxEntries: MAX_DEKS }),
    invalidEdeks: {
      ...negative('decryptEdek', 'invalidTtlMs', decryptEdek?.invalidTtlMs, decryptEdek?.maxInvalidTtlMs, 24 * HOUR),
      maxEntries: MAX_INVALID,
    },
    unnamed: {
      lookupTtlMs: keks.ttlMs,
      maxLookups: MAX_UNNAMED,
      gone: { ...gone, maxEntries: MAX_UNNAMED },
      unresponsive: {
        firstMs: Math.min(10 * SECOND, gone.firstMs),
        ttlMs: Math.min(10 * MINUTE, gone.ttlMs),
        maxEntries: MAX_UNNAMED,
      },
    },
  }
}

function negative(
  operation: string,
  name: string,
  first: number | undefined,
  max: number | undefined,
  defaultMaxMs: number,
): Omit<NegativeCacheLimits, 'maxEntries'> {
  const firstMs = whole(`${operation}.${name}`, first ?? 10 * MINUTE, 0)
  const maxName = `max${name.charAt(0).toUpperCase()}${name.slice(1)}`
  return { firstMs, ttlMs: whole(`${operation}.${maxName}`, max ?? Math.max(firstMs, defaultMaxMs), firstMs) }
}

function limits(
  name: string,
  options: ResponseCacheOptions | undefined,
  defaults: Omit<ResponseCacheLimits, 'maxStaleMs'>,
): ResponseCacheLimits {
  return {
    ttlMs: whole(`${name}.ttlMs`, options?.ttlMs ?? defaults.ttlMs, 0),
    maxStaleMs: whole(`${name}.maxStaleMs`, options?.maxStaleMs ?? MAX_STALE, 0),
    idleMs: whole(`${name}.idleMs`, options?.idleMs ?? defaults.idleMs, 0),
    maxEntries: whole(`${name}.maxEntries`, options?.maxEntries ?? defaults.maxEntries, 1),
  }
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`"${name}" expected a whole number from ${least}, got ${String(value)}`)
}
