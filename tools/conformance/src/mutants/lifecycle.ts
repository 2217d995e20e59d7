import { isKmsError, KmsClosedError, type Dek, type Kms } from '@keyfold/kms-api'

import { brokenKms, failingKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

export const lifecycleMutants: readonly Mutant[] = [
  {
    name: 'fails when it is closed again',
    clause: 'C77',
    wrap: (kms) => {
      let closed = false
      const close = async (): Promise<void> => {
        if (closed) throw new KmsClosedError({ provider: 'inmemory', operation: 'close' })
        closed = true
        await kms.close()
      }
      return brokenKms(kms, { close, [Symbol.asyncDispose]: close })
    },
  },
  {
    name: 'works on after close',
    clause: 'C78',
    wrap: (kms) => brokenKms(kms, { close: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() }),
  },
  {
    name: 'ends running calls with a TypeError',
    clause: 'C79',
    wrap: (kms) =>
      failingKms(kms, (error) =>
        isKmsError(error, 'KMS_CLOSED') ? new TypeError('cannot read properties of undefined') : error,
      ),
  },
  {
    name: 'waits for every call before it closes',
    clause: 'C80',
    wrap: (kms) => {
      const running = new Set<Promise<unknown>>()
      return brokenKms(kms, {
        decryptEdek: (kek, edek, options) => {
          const call = kms.decryptEdek(kek, edek, options)
          running.add(call)
          return call
        },
        close: async () => {
          await Promise.allSettled(running)
          await kms.close()
        },
      })
    },
  },
  {
    name: 'destroys the DEKs of its callers when it closes',
    clause: 'C81',
    wrap: (kms) => {
      const given: Dek[] = []
      return brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          const dek = await kms.decryptEdek(kek, edek, options)
          given.push(dek)
          return dek
        },
        close: async () => {
          for (const dek of given) dek.destroy()
          await kms.close()
        },
      })
    },
  },
  {
    name: 'keeps a timer',
    clause: 'C82',
    facade: (facade) => ({
      child: async () => ({
        ...(await facade.child()),
        module: new URL('../children/keeps-a-timer.ts', import.meta.url),
        conditions: ['@keyfold/source'],
      }),
    }),
  },
  {
    name: 'keeps a server',
    clause: 'C82',
    facade: (facade) => ({
      child: async () => ({
        ...(await facade.child()),
        module: new URL('../children/keeps-a-server.ts', import.meta.url),
        conditions: ['@keyfold/source'],
      }),
    }),
  },
  {
    name: 'rejects health in an outage',
    clause: 'C83',
    wrap: (kms) =>
      brokenKms(kms, {
        health: () =>
          health(kms, () => {
            throw new Error('down')
          }),
      }),
  },
  {
    name: 'is always well',
    clause: 'C83',
    wrap: (kms) => brokenKms(kms, { health: () => health(kms, () => undefined) }),
  },
]

async function health(kms: Kms, onOutage: () => void): Promise<{ readonly status: 'ok' }> {
  const answer = await kms.health?.()
  if (answer?.status !== 'ok') onOutage()
  return { status: 'ok' }
}
