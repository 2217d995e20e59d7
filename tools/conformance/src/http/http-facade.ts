import { randomBytes } from 'node:crypto'

import type { KmsConfig } from '@keyfold/kms-api'
import type { KmsFacade, Situation } from '@keyfold/kms-test-support'
import { FaultProxy, interruptible, type FaultFacade } from '@keyfold/kms-test-support/faults'

import { HttpKmsServer } from './http-kms-server.ts'
import provider from './kms-provider.ts'

const FAULT_DEADLINE_MS = 800

/** The small HTTP KMS behind its provider. */
export function httpFacade(): KmsFacade {
  const server = new HttpKmsServer()
  const config = (more: object = {}): KmsConfig => ({ address: server.origin, token: { value: server.token }, ...more })
  return {
    name: 'HTTP KMS',
    manifest: { wrapping: 'authenticated', cannot: { 'encryption-context': 'its interface has no field for one' } },
    provider: provider,
    kekManager: server,
    start: () => server.start(),
    stop: () => server.stop(),
    config: () => config(),
    requests: () => server.received,
    canaries: () => server.canaries(),
    async child() {
      const { selectors } = await server.create(`child-${Date.now()}`)
      return {
        module: new URL('kms-provider.ts', import.meta.url),
        config: config(),
        kekSelector: selectors[0],
        conditions: ['@keyfold/source'],
      }
    },
    denied: () =>
      Promise.resolve<Situation>({
        config: config({ token: { value: server.deniedToken } }),
        end: () => Promise.resolve(),
      }),
    async rejected() {
      const wrong = `kf-wrong-${randomBytes(18).toString('base64url')}`
      return { config: config({ token: { value: wrong } }), canaries: [wrong], end: () => Promise.resolve() }
    },
    async unreachable() {
      const gone = await FaultProxy.start(() => server.origin)
      await gone.stop()
      return { config: config({ address: gone.origin }), end: () => Promise.resolve() }
    },
    interruptible: () => interruptible(server.origin, (address) => config({ address })),
    async silent() {
      const proxy = await FaultProxy.start(() => server.origin)
      proxy.always({ kind: 'silence' })
      return { config: config({ address: proxy.origin }), end: () => proxy.stop() }
    },
    revealDek: async (edek) => server.reveal(edek),
  }
}

/** The same for the fault table. */
export function httpFaultFacade(change: Partial<FaultFacade> = {}): FaultFacade {
  const server = new HttpKmsServer()
  return {
    name: 'HTTP KMS',
    provider: provider,
    async start() {
      await server.start()
      await server.create('faults')
    },
    stop: () => server.stop(),
    upstream: () => server.origin,
    kekSelector: () => 'faults',
    config: ({ origin, ca }) => ({ address: origin, ca, token: { value: server.token }, timeoutMs: FAULT_DEADLINE_MS }),
    deadlineMs: FAULT_DEADLINE_MS,
    canaries: () => server.canaries(),
    overrides: {},
    ...change,
  }
}
