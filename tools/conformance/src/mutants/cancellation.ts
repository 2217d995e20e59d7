import { KmsTimeoutError } from '@keyfold/kms-api'

import { brokenKms, failingKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

export const cancellationMutants: readonly Mutant[] = [
  {
    name: 'sends before it looks at the signal',
    clause: 'C57',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) => {
          const kek = await kms.resolveKek(selector)
          options?.signal?.throwIfAborted()
          return kek
        },
      }),
  },
  {
    name: 'ignores an abort',
    clause: 'C58',
    wrap: (kms) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          options?.signal?.throwIfAborted()
          return await kms.generateDekPair(kek, { ...options, signal: undefined })
        },
      }),
  },
  {
    name: 'loses the reason of an abort',
    clause: 'C58',
    wrap: (kms) => {
      const lost = <T>(call: Promise<T>, signal?: AbortSignal) =>
        call.catch((error: unknown) => {
          throw signal?.aborted === true ? new DOMException('aborted', 'AbortError') : error
        })
      return brokenKms(kms, {
        resolveKek: async (selector, options) => await lost(kms.resolveKek(selector, options), options?.signal),
        decryptEdek: async (kek, edek, options) => await lost(kms.decryptEdek(kek, edek, options), options?.signal),
      })
    },
  },
  {
    name: 'looks at the signal only when the KMS has answered',
    clause: 'C59',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          options?.signal?.throwIfAborted()
          const dek = await kms.decryptEdek(kek, edek, { ...options, signal: undefined })
          options?.signal?.throwIfAborted()
          return dek
        },
      }),
  },
  {
    name: 'turns the deadline of its caller into an error of its own',
    clause: 'C60',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        error instanceof DOMException && error.name === 'TimeoutError'
          ? new KmsTimeoutError(200, { provider: 'inmemory', operation })
          : error,
      ),
  },
  {
    name: 'leaves a listener on every signal',
    clause: 'C61',
    wrap: (kms) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => {
          options?.signal?.addEventListener('abort', () => undefined)
          return await kms.generateDekPair(kek, options)
        },
      }),
  },
  {
    name: 'aborts all calls with one',
    clause: 'C62',
    wrap: (kms) => {
      const all = new AbortController()
      return brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          options?.signal?.addEventListener(
            'abort',
            () => {
              all.abort(options.signal?.reason)
            },
            { once: true },
          )
          const signals = [all.signal, ...(options?.signal === undefined ? [] : [options.signal])]
          return await kms.decryptEdek(kek, edek, { ...options, signal: AbortSignal.any(signals) })
        },
      })
    },
  },
  {
    name: 'wraps a reason that is no error',
    clause: 'C63',
    wrap: (kms) =>
      failingKms(kms, (error) => (error instanceof Error ? error : new Error('aborted', { cause: error }))),
  },
]
