import { randomBytes } from 'node:crypto'

import { AccessDeniedError, KmsUnavailableError, type Kms, type KmsContext } from '@keyfold/kms-api'
import type { FaultCall } from '@keyfold/kms-inmemory'
import provider from '@keyfold/kms-inmemory/kms-provider'
import type { KmsFacade } from '@keyfold/kms-test-support'

import { brokenKms } from './broken-kms.ts'
import { forgeEdek } from './forge-edek.ts'
import { InMemoryWorld } from './in-memory-world.ts'

/** A value that no message may show, although the configuration has it. */
const CONFIGURED_SECRET = 'S2V5Zm9sZCBjYW5hcnkgb2YgYSBjb25maWd1cmF0aW8='

/** What a mutant changes of the in-memory KMS. */
export interface InMemoryChange {
  readonly name?: string | undefined
  /** Puts something broken in front of a right client. */
  readonly wrap?: ((kms: Kms, world: InMemoryWorld, context: KmsContext) => Kms) | undefined
  /** Changes anything else of the facade. */
  readonly facade?: ((facade: KmsFacade, world: InMemoryWorld) => Partial<KmsFacade>) | undefined
}

/** The in-memory provider with its administrator, or a broken one. */
export function inMemoryFacade({ name = 'in-memory KMS', wrap, facade: change }: InMemoryChange = {}): KmsFacade {
  const world = new InMemoryWorld()
  const details = ({ operation }: FaultCall) => ({ provider: provider.name, operation })
  const facade: KmsFacade = {
    name,
    manifest: { wrapping: 'authenticated', cannot: {} },
    kekManager: world,
    provider: {
      ...provider,
      // The provider's own KEKs are those of its configuration; the suite's are in a world that all clients share, as those of a server.
      async create(config, context) {
        const own = await provider.create(config as Parameters<typeof provider.create>[0], context)
        await own.close()
        const connected = world.admin.connect()
        const kms = pinOf(context) === undefined ? connected : loggingIn(connected, world)
        return wrap?.(kms, world, context) ?? kms
      },
    },
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    config: () => ({
      insecure: 'test-only',
      keks: [{ id: '6f1c2b7e-9f0a-4f4e-8a52-0b7c5d6e7f80', versions: [{ value: CONFIGURED_SECRET }] }],
    }),
    requests: () => world.requests(),
    canaries: () => [CONFIGURED_SECRET, ...world.canaries()],
    child: async () => ({
      module: new URL(import.meta.resolve('@keyfold/kms-inmemory/kms-provider')),
      config: InMemoryWorld.childConfig('child'),
      kekSelector: 'child',
      conditions: ['@keyfold/source'],
    }),
    denied: () =>
      world.situation((call) => {
        throw new AccessDeniedError(details(call))
      }),
    rejected: async () => {
      const pin = `kf-pin-${randomBytes(12).toString('hex')}`
      return {
        context: { clients: { pin } },
        canaries: [pin],
        attempts: () => world.rejectedLogins,
        end: () => Promise.resolve(),
      }
    },
    unreachable: () =>
      world.situation((call) => {
        throw new KmsUnavailableError(details(call))
      }),
    interruptible: () =>
      world.interruption((call) => {
        throw new KmsUnavailableError(details(call))
      }),
    silent: () => world.situation(() => new Promise<never>(() => undefined)),
    revealDek: async (edek) => world.reveal(edek),
    forgeEdek: async (kek) => forgeEdek(kek.id),
  }
  return { ...facade, ...change?.(facade, world) }
}

/** The PIN of a client that logs in, which is wrong. Other clients need none. */
export function pinOf({ clients }: KmsContext): string | undefined {
  const pin = clients?.['pin']
  return typeof pin === 'string' ? pin : undefined
}

/** A client that logs in once, with its first call, and remembers the rejection. */
function loggingIn(kms: Kms, world: InMemoryWorld): Kms {
  let login: Promise<never> | undefined
  const rejected = (): Promise<never> => (login ??= world.logIn())
  return brokenKms(kms, { resolveKek: rejected, generateDekPair: rejected, decryptEdek: rejected })
}
