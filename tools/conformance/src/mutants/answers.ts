import {
  AccessDeniedError,
  InvalidEdekError,
  InvalidKeyUsageError,
  isKmsError,
  KmsUnavailableError,
  UnknownAliasError,
} from '@keyfold/kms-api'

import { brokenKms, failingKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

const details = (operation: 'resolveKek' | 'generateDekPair' | 'decryptEdek') => ({ provider: 'inmemory', operation })

export const answerMutants: readonly Mutant[] = [
  {
    name: 'says "in use wrongly" for a deleted KEK',
    clause: 'C04',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        isKmsError(error, 'KMS_UNKNOWN_KEY') && operation === 'generateDekPair'
          ? new InvalidKeyUsageError('a KEK', details(operation))
          : error,
      ),
  },
  {
    name: 'says "invalid EDEK" for one of a deleted KEK',
    clause: 'C06',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        isKmsError(error, 'KMS_UNKNOWN_KEY') && operation === 'decryptEdek'
          ? new InvalidEdekError(details(operation))
          : error,
      ),
  },
  {
    name: 'says "unknown" for 403',
    clause: 'C19',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        isKmsError(error, 'KMS_ACCESS_DENIED') && operation === 'resolveKek'
          ? new UnknownAliasError('kek', details(operation))
          : error,
      ),
  },
  {
    name: 'says "unavailable" when generating is denied',
    clause: 'C20',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        isKmsError(error, 'KMS_ACCESS_DENIED') && operation === 'generateDekPair'
          ? new KmsUnavailableError(details(operation))
          : error,
      ),
  },
  {
    name: 'says "invalid EDEK" when decrypting is denied',
    clause: 'C21',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        isKmsError(error, 'KMS_ACCESS_DENIED') && operation === 'decryptEdek'
          ? new InvalidEdekError(details(operation))
          : error,
      ),
  },
  {
    name: 'says "denied" for an outage',
    clause: 'C22',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        isKmsError(error, 'KMS_UNAVAILABLE') ? new AccessDeniedError(details(operation)) : error,
      ),
  },
  {
    name: 'gives up after the first failure',
    clause: 'C24',
    wrap: (kms) => {
      let failure: unknown
      return brokenKms(kms, {
        resolveKek: (selector, options) => kms.resolveKek(selector, options),
        generateDekPair: async (kek, options) => {
          if (failure !== undefined) throw failure as Error
          return await kms.generateDekPair(kek, options)
        },
        decryptEdek: (kek, edek, options) =>
          kms.decryptEdek(kek, edek, options).catch((error: unknown) => {
            failure = error
            throw error
          }),
      })
    },
  },
  {
    name: 'says "retry" for a lost key',
    clause: 'C88',
    wrap: (kms) =>
      failingKms(kms, (error) => {
        if (isKmsError(error, 'KMS_UNKNOWN_KEY')) Object.assign(error, { retryable: true })
        return error
      }),
  },
  {
    name: 'says of a failed decryption that it was resolving',
    clause: 'C89',
    wrap: (kms) =>
      failingKms(kms, (error) => {
        if (isKmsError(error)) Object.assign(error, { operation: 'resolveKek' })
        return error
      }),
  },
]
