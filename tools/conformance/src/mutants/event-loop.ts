import { isKmsError, type Kms } from '@keyfold/kms-api'

import { brokenKms } from '../in-memory/broken-kms.ts'
import type { InMemoryChange } from '../in-memory/in-memory-facade.ts'
import type { Mutant } from './mutant.ts'

type Wrap = NonNullable<InMemoryChange['wrap']>
type Method = 'resolveKek' | 'generateDekPair' | 'decryptEdek' | 'health' | 'close'
type AnyCall = (...given: unknown[]) => Promise<unknown>

const HOLD_MS = 400

/** Blocks the process, as a call into a native module does. */
function hold(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HOLD_MS)
}

function holding(name: string, wrap: Wrap): Mutant {
  return { name: `holds the event loop ${name}`, clause: 'C110', wrap }
}

/** Gives a client that replaces a method. */
function replacing(kms: Kms, method: Method, replace: (call: AnyCall) => AnyCall): Kms {
  const call = (kms[method] ?? (() => Promise.resolve({ status: 'ok' }))).bind(kms) as AnyCall
  return brokenKms(kms, { [method]: replace(call) })
}

const inMethod = (method: Method): Mutant =>
  holding(`in ${method}`, (kms) =>
    replacing(kms, method, (call) => (...given) => {
      hold()
      return call(...given)
    }),
  )

export const eventLoopMutants: readonly Mutant[] = [
  ...(['resolveKek', 'generateDekPair', 'decryptEdek', 'health', 'close'] as const).map(inMethod),
  holding('in create', (kms) => {
    hold()
    return kms
  }),
  holding('in kekOf', (kms) =>
    brokenKms(kms, {
      kekOf: (edek) => {
        hold()
        return kms.kekOf(edek)
      },
    }),
  ),
  holding('in the first call of each client', (kms) => {
    let first = true
    return replacing(kms, 'decryptEdek', (call) => (...given) => {
      if (first) hold()
      first = false
      return call(...given)
    })
  }),
  holding('after a response', (kms) =>
    replacing(kms, 'decryptEdek', (call) => async (...given) => {
      const dek = await call(...given)
      await new Promise(setImmediate)
      hold()
      return dek
    }),
  ),
  holding('during an outage', (kms) =>
    replacing(kms, 'generateDekPair', (call) => async (...given) => {
      try {
        return await call(...given)
      } catch (error) {
        if (isKmsError(error, 'KMS_UNAVAILABLE')) hold()
        throw error
      }
    }),
  ),
  holding('when it connects again', (kms) => {
    let lost = false
    return replacing(kms, 'resolveKek', (call) => async (...given) => {
      try {
        const kek = await call(...given)
        if (lost) hold()
        lost = false
        return kek
      } catch (error) {
        lost ||= isKmsError(error, 'KMS_UNAVAILABLE')
        throw error
      }
    })
  }),
  holding('while the KMS is silent', (kms) =>
    replacing(kms, 'decryptEdek', (call) => async (...given) => {
      const running = call(...given)
      const late = new Promise<void>((resolve) => setTimeout(resolve, 100))
      const first = await Promise.race([
        running.then(
          () => 'response',
          () => 'response',
        ),
        late.then(() => 'late'),
      ])
      if (first === 'late') hold()
      return await running
    }),
  ),
  holding('for an unknown name', (kms) =>
    replacing(kms, 'resolveKek', (call) => async (...given) => {
      try {
        return await call(...given)
      } catch (error) {
        if (isKmsError(error, 'KMS_UNKNOWN_ALIAS')) hold()
        throw error
      }
    }),
  ),
]
