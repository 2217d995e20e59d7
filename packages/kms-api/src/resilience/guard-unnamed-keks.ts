import { systemClock } from '../clock/moment.ts'
import type { Kms } from '../contract/kms.ts'
import type { Clock } from '../provider.ts'
import { cachingLimits } from './caching-options.ts'
import { UnnamedKeks } from './unnamed-keks.ts'

/**
 * Returns a `Kms` that treats KEKs which no rule names exactly as {@link cachingKms} does, and passes every other call on. For a `Kms` that is used without a
 * cache: a record that names such a KEK must not look like an outage there either.
 *
 * @param kms - stays the caller's to close, through the result or itself.
 */
export function guardUnnamedKeks(kms: Kms, { clock = systemClock }: { readonly clock?: Clock | undefined } = {}): Kms {
  const requests = {
    resolveKek: kms.resolveKek.bind(kms),
    decryptEdek: kms.decryptEdek.bind(kms),
    // Nothing is cached, so every response is new.
    resolveRuleKek: (kekSelector: string) => kms.resolveKek(kekSelector),
  }
  const unnamed = new UnnamedKeks(requests, cachingLimits({}).unnamed, clock)
  const health = kms.health?.bind(kms)
  return {
    resolveKek: requests.resolveKek,
    generateDekPair: kms.generateDekPair.bind(kms),
    decryptEdek: (kek, edek, options = {}) =>
      (options.reader?.named === false ? unnamed : requests).decryptEdek(kek, edek, options),
    kekOf: kms.kekOf.bind(kms),
    ...(health !== undefined && { health }),
    close: kms.close.bind(kms),
    [Symbol.asyncDispose]: () => kms.close(),
  }
}
