import { AccessDeniedError, InvalidEdekError, isKmsError, UnknownAliasError, type KmsHealth } from '@keyfold/kms-api'

import { brokenKms, failingKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

type Operation = 'resolveKek' | 'generateDekPair' | 'decryptEdek'
type AnyCall = (...given: never[]) => Promise<unknown>

const details = (operation: Operation) => ({ provider: 'inmemory', operation }) as const

/** Misreports an outage in one operation, once that operation has worked: a client that is made during the outage is right. */
function misreporting(name: string, operation: Operation, lie: () => Error): Mutant {
  return {
    name: `once it has worked, ${name}`,
    clause: 'C100',
    wrap: (kms) => {
      let worked = false
      const wrong = failingKms(kms, (error, at) =>
        worked && at === operation && isKmsError(error, 'KMS_UNAVAILABLE') ? lie() : error,
      )
      const call = wrong[operation] as AnyCall
      const noting: AnyCall = async (...given) => {
        const result = await call(...given)
        worked = true
        return result
      }
      return brokenKms(wrong, { [operation]: noting })
    },
  }
}

/** Fails for good in one operation after an outage. */
function givingUp(operation: Operation, outages: number): Mutant {
  return {
    name: `fails for good in ${operation} after ${outages === 1 ? 'an outage' : `${outages} outages`}`,
    clause: 'C101',
    wrap: (kms) => {
      let failures = 0
      let failure: unknown
      const call = kms[operation].bind(kms) as AnyCall
      const once: AnyCall = async (...given) => {
        if (failures >= outages) throw failure as Error
        try {
          return await call(...given)
        } catch (error) {
          if (isKmsError(error, 'KMS_UNAVAILABLE')) {
            failure = error
            failures++
          }
          throw error
        }
      }
      return brokenKms(kms, { [operation]: once })
    },
  }
}

export const outageMutants: readonly Mutant[] = [
  misreporting(
    'says "unknown" for an outage in resolveKek',
    'resolveKek',
    () => new UnknownAliasError('kek', details('resolveKek')),
  ),
  misreporting(
    'says "denied" for an outage in generateDekPair',
    'generateDekPair',
    () => new AccessDeniedError(details('generateDekPair')),
  ),
  misreporting(
    'says "invalid EDEK" for an outage in decryptEdek',
    'decryptEdek',
    () => new InvalidEdekError(details('decryptEdek')),
  ),
  {
    name: 'stays well once it was well',
    clause: 'C100',
    wrap: (kms) => {
      let first: KmsHealth | undefined
      return brokenKms(kms, {
        health: async () => {
          if (first?.status === 'ok') return first
          first = (await kms.health?.()) ?? { status: 'ok' }
          return first
        },
      })
    },
  },
  {
    name: 'rejects health in an outage once it was well',
    clause: 'C100',
    wrap: (kms) => {
      let wasWell = false
      return brokenKms(kms, {
        health: async () => {
          const health = (await kms.health?.()) ?? { status: 'ok' }
          if (wasWell && health.status !== 'ok') throw new Error('connection lost')
          wasWell = true
          return health
        },
      })
    },
  },
  givingUp('resolveKek', 1),
  givingUp('generateDekPair', 1),
  givingUp('decryptEdek', 1),
  givingUp('decryptEdek', 2),
  {
    name: 'stays down once it was down',
    clause: 'C101',
    wrap: (kms) => {
      let last: KmsHealth = { status: 'ok' }
      return brokenKms(kms, {
        health: async () => {
          if (last.status === 'ok') last = (await kms.health?.()) ?? last
          return last
        },
      })
    },
  },
]
