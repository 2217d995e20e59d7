import { Buffer } from 'node:buffer'
import { KeyObject } from 'node:crypto'
import { inspect, types } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'

import { afterAll, describe, expect, it } from 'vitest'

import type { Dek } from '../../src/index.ts'
import { generated, KEY, regionsOf, text, unwrapped } from './support.ts'

const SALT = new Uint8Array(16)
const CALLED: ReadonlySet<string | symbol> = new Set([
  'lease',
  'toString',
  'toJSON',
  Symbol.for('nodejs.util.inspect.custom'),
])

/** What `use` gives; a prototype is no receiver of its own methods. */
function attempt(use: () => unknown): unknown {
  try {
    return use()
  } catch {
    return undefined
  }
}

/** Everything that can be reached of `root` by properties, own and inherited, getters and methods without arguments included. */
function reachable(root: object): unknown[] {
  const seen = new Set<unknown>()
  const visit = (value: unknown, depth: number): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || depth > 6)
      return
    seen.add(value)
    for (
      let owner: object | null = value;
      owner !== null && owner !== Object.prototype && owner !== Function.prototype;
      owner = Object.getPrototypeOf(owner) as object | null
    ) {
      for (const name of Reflect.ownKeys(owner)) {
        const found = attempt(() => Reflect.get(owner, name, value) as unknown)
        visit(found, depth + 1)
        if (typeof found === 'function' && CALLED.has(name))
          visit(
            attempt(() => (found as () => unknown).call(value)),
            depth + 1,
          )
      }
      visit(Object.getPrototypeOf(owner), depth + 1)
    }
  }
  visit(root, 0)
  return [...seen]
}

const isKey = (value: unknown): boolean => value instanceof KeyObject || types.isKeyObject(value)

const deks: readonly (readonly [string, () => Dek])[] = [
  ['a generated DEK', generated],
  ['an unwrapped DEK', unwrapped],
  [
    'a claimed DEK',
    () => {
      const dek = generated()
      dek.claim('records')
      return dek
    },
  ],
  ['a derived DEK', () => generated().deriveDek(SALT, SALT)],
  ['a lease', () => unwrapped().lease()],
]

describe.each(deks)('%s', (_, make) => {
  it('has no member, own or inherited, that yields its key', () => {
    const found = reachable(make())
    // The walk does reach what is there: the class and its methods.
    expect(found.length).toBeGreaterThan(10)
    expect(found.filter(isKey)).toEqual([])
    expect(found.filter((value) => value instanceof Uint8Array)).toEqual([])
  })

  it('gives its key to no method of what it is passed', () => {
    const received: unknown[] = []
    class Spy extends Uint8Array<ArrayBuffer> {
      override set(...args: Parameters<Uint8Array['set']>): void {
        received.push(this, ...args)
        super.set(...args)
      }

      override subarray(...args: Parameters<Uint8Array['subarray']>): Uint8Array<ArrayBuffer> {
        received.push(this, ...args)
        return super.subarray(...args)
      }

      override fill(...args: Parameters<Uint8Array['fill']>): this {
        received.push(this, ...args)
        return super.fill(...args)
      }
    }
    const dek = make()
    const options = new Proxy(
      {},
      {
        get: (target, name, receiver) => {
          received.push(target, name, receiver)
        },
      },
    )
    try {
      dek.claim('records', options)
    } catch {
      /* Claimed already. */
    }
    try {
      dek.sealRegions(new Spy(new ArrayBuffer(40)), regionsOf([0, 12, 12, 24]), 1)
    } catch {
      /* Unwrapped. */
    }
    dek.openRegions(new Spy(new ArrayBuffer(40)), regionsOf([0, 12, 12, 24]), 1, new Spy(new ArrayBuffer(1)))
    make().openRegions.call(
      dek,
      new Spy(new ArrayBuffer(40)),
      regionsOf([0, 12, 12, 24]),
      1,
      new Spy(new ArrayBuffer(1)),
    )
    expect(received.length).toBeGreaterThan(3)
    expect(received.filter(isKey)).toEqual([])
    expect(
      received.filter((value) => value instanceof Uint8Array && Buffer.from(value).includes(Buffer.from(KEY))),
    ).toEqual([])
  })

  it('prints as Dek(redacted), whatever asks', () => {
    const dek = make()
    const options = { showHidden: true, depth: 10, getters: true, showProxy: true } as const
    expect([
      inspect(dek),
      inspect(dek, options),
      (dek as unknown as Date).toString(),
      JSON.parse(JSON.stringify(dek)),
      ''.concat(dek as unknown as string),
    ]).toEqual(Array(5).fill('Dek(redacted)'))
    expect(inspect({ deep: [{ dek }] }, options)).toContain('Dek(redacted)')
    expect(JSON.stringify({ deep: [{ dek }] })).toBe('{"deep":[{"dek":"Dek(redacted)"}]}')
  })

  it('is not changed from outside', () => {
    const dek = make()
    expect(Object.isFrozen(dek)).toBe(true)
    expect(() => {
      ;(dek as { origin: string }).origin = 'generated'
    }).toThrow(TypeError)
    expect(() => Object.assign(dek, { sealRegions: () => undefined })).toThrow(TypeError)
  })

  it('is not cloned', () => {
    expect(() => structuredClone(make())).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
    expect(() => structuredClone({ deep: [make()] })).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
  })

  it('is not posted through a channel, nor as a transfer', () => {
    const { port1, port2 } = new MessageChannel()
    try {
      expect(() => {
        port1.postMessage({ dek: make() })
      }).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
      const dek = make()
      expect(() => {
        port1.postMessage(dek, [dek as never])
      }).toThrow()
    } finally {
      port1.close()
      port2.close()
    }
  })
})

describe('a DEK and a worker', () => {
  const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => undefined)', { eval: true })
  afterAll(async () => {
    await worker.terminate()
  })

  it('do not meet: neither a message nor the data that a worker starts with takes one', () => {
    expect(() => {
      worker.postMessage(generated())
    }).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
    expect(() => new Worker('0', { eval: true, workerData: { dek: generated() } })).toThrow(
      expect.objectContaining({ name: 'DataCloneError' }),
    )
    // A worker does take other data, so that the refusals above are about the DEK.
    worker.postMessage({ text: text('fine') })
  })
})
