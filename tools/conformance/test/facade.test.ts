import { describe, expect, test } from 'vitest'

import { checkFacade, checkStarted, FacadeError, type KmsFacade } from '@keyfold/kms-test-support'
import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'

import { httpFacade } from '../src/http/http-facade.ts'
import { inMemoryFacade } from '../src/in-memory/in-memory-facade.ts'

const right = inMemoryFacade()
const manifest = (cannot: unknown, more: object = {}) => ({ manifest: { wrapping: 'authenticated', cannot, ...more } })
const facade = (change: object): KmsFacade => ({ ...right, ...change })
const without = (...names: readonly (keyof KmsFacade)[]): KmsFacade =>
  facade(Object.fromEntries(names.map((name) => [name, undefined])))

const WRONG: readonly (readonly [name: string, facade: KmsFacade, message: string])[] = [
  ['has no name', facade({ name: ' ' }), '"facade.name" expected a text'],
  ...(['start', 'stop', 'config', 'requests', 'canaries', 'child'] as const).map(
    (name) => [`has no ${name}`, without(name), `"facade.${name}" expected a function`] as const,
  ),
  ['has no provider', without('provider'), '"facade.provider" expected'],
  [
    'has a provider without create',
    facade({ provider: { name: 'a' } }),
    '"facade.provider.create" expected a function',
  ],
  ['has no manager of KEKs', without('kekManager'), '"facade.kekManager" expected an object with create, delete'],
  [
    'cannot enable a KEK',
    facade({ kekManager: { ...bound(right.kekManager), enable: undefined } }),
    '"facade.kekManager.enable" expected a function',
  ],
  ['has no manifest', without('manifest'), '"facade.manifest" expected an object'],
  ['has no list of inabilities', facade(manifest(undefined)), '"facade.manifest.cannot" expected an object'],
  [
    'declares an unknown wrapping',
    facade(manifest({}, { wrapping: 'aead' })),
    '"facade.manifest.wrapping" expected "authenticated" or "public-key"',
  ],
  [
    'declares an unknown capability',
    facade(manifest({ disble: 'a typing error' })),
    'has the unknown capability "disble"',
  ],
  [
    'declares an inability without a reason',
    facade(manifest({ disable: '' })),
    '"facade.manifest.cannot.disable" expected a reason',
  ],
  [
    'declares an inability with blanks',
    facade(manifest({ rotation: '  ' })),
    '"facade.manifest.cannot.rotation" expected a reason',
  ],
  ...(['denied', 'rejected', 'unreachable', 'interruptible', 'silent', 'revealDek'] as const).map(
    (name) => [`has no ${name}`, without(name), `"facade.${name}" expected a function, or "`] as const,
  ),
  [
    'declares what it can',
    facade(manifest({ silence: 'it always responds' })),
    '"facade.silent" expected nothing, because the manifest declares',
  ],
  [
    'is public-key and cannot forge',
    facade({ ...manifest({}, { wrapping: 'public-key' }), forgeEdek: undefined }),
    '"facade.forgeEdek" expected a function',
  ],
]

function bound(manager: KmsFacade['kekManager']): object {
  return Object.fromEntries(
    (['create', 'delete', 'rotate', 'disable', 'enable', 'exists'] as const).map((name) => [
      name,
      manager[name].bind(manager),
    ]),
  )
}

describe('a facade is checked before the first clause', () => {
  for (const [name, wrong, message] of WRONG)
    test(`one that ${name} is told so by name`, () => {
      expect(() => {
        checkFacade(wrong)
      }).toThrow(FacadeError)
      expect(() => {
        describeKmsProvider(wrong)
      }).toThrow(message)
    })

  test('all problems are reported at once', () => {
    expect(() => {
      checkFacade({} as unknown as KmsFacade)
    }).toThrow(/^the facade is wrong in 10 places:\n- "facade\.name"/)
  })

  test('right ones pass', () => {
    checkFacade(right)
    checkFacade(httpFacade())
  })
})

describe('a facade is checked after its start', () => {
  const WRONG_RESULTS: readonly (readonly [name: string, change: object, message: string])[] = [
    ['counts no requests', { requests: () => Number.NaN }, '"facade.requests()" expected a count of requests'],
    ['has no configuration', { config: () => null }, '"facade.config()" expected an object'],
    [
      'gives one configuration to all',
      {
        config: (
          (one) => () =>
            one
        )({ token: 'x' }),
      },
      '"facade.config()" expected a new object each time',
    ],
    ['has no canaries', { canaries: () => [] }, '"facade.canaries()" expected at least one secret'],
    ['has an empty canary', { canaries: () => ['long enough', ''] }, 'got another at 1'],
    ['has a canary of undefined', { canaries: () => [undefined] }, 'got another at 0'],
  ]
  for (const [name, change, message] of WRONG_RESULTS)
    test(`one that ${name} is told so by name`, () => {
      expect(() => {
        checkStarted(facade(change))
      }).toThrow(message)
    })

  test('an error of the facade is the cause', () => {
    const cause = new Error('not written')
    const failing = facade({
      canaries: () => {
        throw cause
      },
    })
    expect(() => {
      checkStarted(failing)
    }).toThrow(expect.objectContaining({ name: 'FacadeError', cause }) as Error)
  })

  test('a right one passes', () => {
    checkStarted(right)
  })
})
