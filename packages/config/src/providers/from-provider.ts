import { isDekError, isKmsError, type Kms } from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

/**
 * Runs code of a provider. Errors of the contract pass; all others are sanitized, because a vendor's message may quote a request
 * or a response, and the secrets in them.
 *
 * @param signal - its reason passes as well.
 */
export async function fromProvider<T>(run: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) throw error
    throw withoutSecrets(error)
  }
}

/** A provider's KMS whose errors are safe to show. */
export function sanitizedKms(kms: Kms): Kms {
  return {
    resolveKek: (kekSelector, options) => fromProvider(() => kms.resolveKek(kekSelector, options), options?.signal),
    generateDekPair: (kek, options) => fromProvider(() => kms.generateDekPair(kek, options), options?.signal),
    decryptEdek: (kek, edek, options) => fromProvider(() => kms.decryptEdek(kek, edek, options), options?.signal),
    kekOf: (edek) => {
      try {
        return kms.kekOf(edek)
      } catch (error) {
        throw withoutSecrets(error)
      }
    },
    ...(kms.health && { health: () => fromProvider(() => kms.health?.() ?? { status: 'ok' as const }) }),
    close: () => fromProvider(() => kms.close()),
    [Symbol.asyncDispose]: () => fromProvider(() => kms.close()),
  }
}

function withoutSecrets(error: unknown): Error {
  return isKmsError(error) || isDekError(error) ? error : sanitizeCause(error)
}
