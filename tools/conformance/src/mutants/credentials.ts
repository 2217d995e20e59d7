import { AccessDeniedError, AuthenticationError, isKmsError, KmsUnavailableError, type Kms } from '@keyfold/kms-api'

import { brokenKms, failingKms } from '../in-memory/broken-kms.ts'
import { pinOf, type InMemoryChange } from '../in-memory/in-memory-facade.ts'
import type { Mutant } from './mutant.ts'

type Operation = 'resolveKek' | 'generateDekPair' | 'decryptEdek'
type Wrap = NonNullable<InMemoryChange['wrap']>
type AnyCall = (...given: never[]) => Promise<unknown>

const OPERATIONS: readonly Operation[] = ['resolveKek', 'generateDekPair', 'decryptEdek']

/** Gives a client that runs `before` ahead of each operation. */
function before(kms: Kms, hook: (operation: Operation) => Promise<unknown>): Kms {
  const hooked = OPERATIONS.map((operation) => {
    const call: AnyCall = async (...given) => {
      await hook(operation)
      return await (kms[operation].bind(kms) as AnyCall)(...given)
    }
    return [operation, call]
  })
  return brokenKms(kms, Object.fromEntries(hooked) as Partial<Kms>)
}

/** Changes only clients with a wrong PIN. */
function ofRejected(name: string, clause: string, wrap: Wrap): Mutant {
  return {
    name,
    clause,
    wrap: (kms, world, context) => (pinOf(context) === undefined ? kms : wrap(kms, world, context)),
  }
}

const details = (operation: Operation) => ({ provider: 'inmemory', operation }) as const

export const credentialMutants: readonly Mutant[] = [
  ofRejected('says "denied" for a wrong PIN', 'C107', (kms) =>
    failingKms(kms, (_, operation) => new AccessDeniedError(details(operation))),
  ),
  ofRejected('says "unavailable" for a wrong PIN', 'C107', (kms) =>
    failingKms(kms, (_, operation) => new KmsUnavailableError(details(operation))),
  ),
  ofRejected('says that a wrong PIN may be tried again', 'C107', (kms) =>
    failingKms(kms, (error) => Object.assign(error as Error, { retryable: true })),
  ),
  ofRejected('tries a wrong PIN twice at once', 'C107', (kms, world) => {
    let first = true
    return before(kms, async () => {
      if (first) await world.logIn().catch(() => undefined)
      first = false
    })
  }),
  ofRejected('puts a wrong PIN into the message', 'C107', (kms, _, context) =>
    failingKms(kms, (error) =>
      Object.assign(error as Error, { message: `CKR_PIN_INCORRECT: ${pinOf(context) ?? ''}` }),
    ),
  ),
  ofRejected('keeps a wrong PIN in the cause', 'C107', (kms, _, context) =>
    failingKms(kms, (_error, operation) =>
      Object.assign(new AuthenticationError(details(operation)), {
        cause: Object.assign(new Error('login'), { request: { pin: pinOf(context) } }),
      }),
    ),
  ),
  ofRejected('logs a wrong PIN', 'C107', (kms, _, context) =>
    failingKms(kms, (error) => {
      context.logger?.warn({ pin: pinOf(context) }, 'login failed')
      return error
    }),
  ),
  ofRejected('tries a wrong PIN again with each call', 'C108', (kms, world) => {
    let first = true
    return before(kms, async () => {
      if (!first) await world.logIn()
      first = false
    })
  }),
  ofRejected('remembers a wrong PIN by operation', 'C108', (kms, world) => {
    const tried = new Set<Operation>()
    return before(kms, async (operation) => {
      if (tried.size > 0 && !tried.has(operation)) await world.logIn().catch(() => undefined)
      tried.add(operation)
    })
  }),
  ofRejected('tries a wrong PIN for each of several concurrent calls', 'C108', (kms, world) => {
    let running = 0
    return before(kms, async () => {
      if (++running > 1) await world.logIn().catch(() => undefined)
      await new Promise(setImmediate)
      running--
    })
  }),
  {
    name: "lets a wrong PIN use another client's login",
    clause: 'C109',
    ...sharing((kms, world, shared) => failOver(kms, () => (shared.loggedIn > 0 ? world.admin.connect() : undefined))),
  },
  {
    name: 'logs every client out when one has a wrong PIN',
    clause: 'C109',
    ...sharing((kms, _, shared) =>
      failingKms(kms, (error) => {
        shared.loggedOut = true
        return error
      }),
    ),
  },
  {
    name: 'logs every client out when one with a wrong PIN is closed',
    clause: 'C109',
    ...sharing((kms, _, shared) => {
      const close = async (): Promise<void> => {
        shared.loggedOut = true
        await kms.close()
      }
      return brokenKms(kms, { close, [Symbol.asyncDispose]: close })
    }),
  },
]

interface Shared {
  loggedIn: number
  loggedOut: boolean
}

/** Clients that share the state of a login, as the sessions of one process do with a token. */
function sharing(ofWrongPin: (kms: Kms, world: Parameters<Wrap>[1], shared: Shared) => Kms): Pick<Mutant, 'wrap'> {
  const states = new WeakMap<Parameters<Wrap>[1], Shared>()
  return {
    wrap: (kms, world, context) => {
      const shared = states.get(world) ?? { loggedIn: 0, loggedOut: false }
      states.set(world, shared)
      if (pinOf(context) !== undefined) return ofWrongPin(kms, world, shared)
      shared.loggedIn++
      shared.loggedOut = false
      const close = async (): Promise<void> => {
        shared.loggedIn--
        await kms.close()
      }
      const checked = before(kms, (operation) =>
        shared.loggedOut ? Promise.reject(new AuthenticationError(details(operation))) : Promise.resolve(),
      )
      return brokenKms(checked, { close, [Symbol.asyncDispose]: close })
    },
  }
}

/** Repeats a rejected operation with another client, if there is one. */
function failOver(kms: Kms, other: () => Kms | undefined): Kms {
  const retried = OPERATIONS.map((operation) => {
    const call: AnyCall = async (...given) => {
      try {
        return await (kms[operation].bind(kms) as AnyCall)(...given)
      } catch (error) {
        const next = isKmsError(error, 'KMS_AUTHENTICATION') ? other() : undefined
        if (next === undefined) throw error
        return await (next[operation].bind(next) as AnyCall)(...given)
      }
    }
    return [operation, call]
  })
  return brokenKms(kms, Object.fromEntries(retried) as Partial<Kms>)
}
