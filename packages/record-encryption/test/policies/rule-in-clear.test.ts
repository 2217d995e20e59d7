import { describe, expect, it } from 'vitest'

import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { describeTopic, encryptionConfigSchema } from '../../src/config/index.ts'
import {
  createRecordEncryption,
  inspectRecord,
  type CallOptions,
  type EncryptionPolicies,
  type RecordEncryptionOptions,
} from '../../src/index.ts'
import { bytes, codeOf, flipped, records, setUp, verdictOf } from '../records/support.ts'
import { polluted } from './polluted.ts'

const CARD = '4111 1111 1111 1111'

/** How a record leaves under options, or what they reject with. */
async function leavesAs(options: (kms: RecordEncryptionOptions['kms']) => unknown): Promise<string> {
  const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'K' }] })
  try {
    const encryption = await createRecordEncryption(options(kms) as RecordEncryptionOptions)
    const [sent] = await encryption.encrypt('payments', [{ value: bytes(CARD) }])
    return inspectRecord(sent!) === undefined ? 'clear' : 'encrypted'
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
}
const underRule = (rule: unknown): Promise<string> => leavesAs((kms) => ({ kms, topics: [rule] }))

class Rule {
  match = 'payments'
  get kek(): string {
    return 'K'
  }
}
/** Answers the first read, then something else. */
function once(first: unknown, later: unknown): () => unknown {
  let reads = 0
  return () => (reads++ === 0 ? first : later)
}
const computed = (members: Record<string, () => unknown>): object =>
  Object.defineProperties(
    { match: 'payments' },
    Object.fromEntries(Object.entries(members).map(([name, get]) => [name, { get, enumerable: true }])),
  )

const EITHER = 'TypeError: "topics[0]" expected either "kek" or "plaintext: allow"'

describe('a topic leaves encrypted', () => {
  it.each<[string, unknown]>([
    ['a getter of a class', new Rule()],
    ['a member that is inherited', Object.create({ match: 'payments', kek: 'K' })],
    ['a member that is not enumerable', Object.defineProperty({ match: 'payments' }, 'kek', { value: 'K' })],
    ['a method of a class', new (class { match = 'payments'; kek(): string { return 'K' } })()], // prettier-ignore
    ['a getter that is gone when it is read again', computed({ kek: once('K', undefined) })],
    ['a getter beside one that allows plaintext when it is read again', computed({ kek: once('K', undefined), plaintext: once(undefined, 'allow') })], // prettier-ignore
    ['a proxy', new Proxy({ match: 'payments', kek: 'K' }, {})],
    ['a frozen rule', Object.freeze({ match: 'payments', kek: 'K' })],
    ['a plaintext that is undefined', { match: 'payments', kek: 'K', plaintext: undefined }],
  ])('where the KEK is %s', async (_, rule) => {
    expect(await underRule(rule)).toBe('encrypted')
  })

  it('where the prototype of all objects says that plaintext is allowed', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'K' }] })
    const encryption = await polluted(
      { plaintext: 'allow', kek: 'L', onPlaintext: 'allow', encryptHeaders: false },
      () => createRecordEncryption({ kms, encryptHeaders: true, topics: [{ match: 'payments', kek: 'K' }] }),
    )
    const [sent] = await encryption.encrypt('payments', [{ value: bytes(CARD), headers: [{ key: 'a', value: null }] }])
    expect([inspectRecord(sent!) === undefined, sent!.headers.length]).toEqual([false, 1])
  })

  it('whatever becomes of the options afterwards', async () => {
    const rule: Record<string, unknown> = { match: 'payments', kek: 'K' }
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'K' }] })
    const topics = [rule]
    const encryption = await createRecordEncryption({ kms, topics } as unknown as RecordEncryptionOptions)
    delete rule['kek']
    rule['plaintext'] = 'allow'
    topics.unshift({ match: '*', plaintext: 'allow' })
    const [sent] = await encryption.encrypt('payments', [{ value: bytes(CARD) }])
    expect(inspectRecord(sent!)).toBeDefined()
  })
})

describe('a rule is an error', () => {
  it.each<[string, unknown, string]>([
    ['without a KEK', { match: 'payments' }, EITHER],
    ['whose KEK is undefined', { match: 'payments', kek: undefined }, EITHER],
    ['whose KEK is a field of a class that was never set', new (class { match = 'payments'; kek = undefined })(), EITHER], // prettier-ignore
    ['whose getter gives no KEK', computed({ kek: () => undefined }), EITHER],
    ['with both', { match: 'payments', kek: 'K', plaintext: 'allow' }, EITHER],
    ['with both, one of them inherited', Object.assign(new Rule(), { plaintext: 'allow' }), EITHER],
    ['whose proxy shows the KEK only to those who know its name', new Proxy({ match: 'payments' }, { get: (target, name) => (name === 'kek' ? 'K' : Reflect.get(target, name)) as unknown }), EITHER], // prettier-ignore
    ['that is a Map', new Map([['match', 'payments']]), 'TypeError: "topics[0]" expected plain data, got Map'],
    ['whose KEK is a boxed string', { match: 'payments', kek: Object('K') as unknown }, 'TypeError: "topics[0].kek" expected plain data, got a boxed String'], // prettier-ignore
    ['whose KEK is named by a symbol', { match: 'payments', [Symbol('kek')]: 'K' }, 'TypeError: "topics[0]["Symbol(kek)"]" expected to be absent'], // prettier-ignore
    ['with a member of a class that is no option', new (class extends Rule { trusts(): void { throw new Error() } })(), 'TypeError: "topics[0].trusts" expected to be absent'], // prettier-ignore
    ['that is a hole', undefined, 'TypeError: "topics[0]" expected'],
  ])('%s', async (_, rule, message) => {
    expect(await underRule(rule)).toContain(message)
  })

  it('even if the prototype of all objects allows plaintext', async () => {
    const leaves = await polluted({ plaintext: 'allow' }, () => underRule({ match: 'payments' }))
    expect(leaves).toBe(EITHER)
    const holes = await polluted({ 0: { match: '*', plaintext: 'allow' } }, () =>
      leavesAs((kms) => ({ kms, topics: [,] })),
    )
    expect(holes).toContain('"topics[0]" expected an element, got a hole')
  })

  it('in the section of a file and for describeTopic as well', () => {
    const rule = { match: 'payments' }
    polluted({ plaintext: 'allow' }, () => {
      expect(encryptionConfigSchema.safeParse({ topics: [rule] }).success).toBe(false)
      expect(() => describeTopic({ topics: [rule] } as unknown as EncryptionPolicies, 'payments')).toThrow(TypeError)
    })
    expect(encryptionConfigSchema.safeParse({ topics: [new Map()] }).error?.issues).toMatchObject([
      { path: ['topics', 0], message: 'expected plain data, got Map' },
    ])
    expect(describeTopic({ topics: [new Rule()] }, 'payments')?.kekSelector).toBe('K')
  })
})

describe('policies are what they were when they were checked', () => {
  const kek = 'kek'
  class Strict {
    get read(): 'require' {
      return 'require'
    }
  }

  it.each<[string, object]>([
    ['inherited', Object.create({ read: 'require' }) as object],
    ['a getter of a class', new Strict()],
    ['a getter that answers otherwise later', Object.defineProperty({}, 'read', { get: once('require', 'off') })],
  ])('binding.read: %s', async (_, binding) => {
    const writer = await setUp({ binding: { write: false } })
    const sealed = await writer.encryption.encrypt('t', records(1))
    const reader = await setUp({ kms: writer.kms, topics: [{ match: '*', kek, binding }] })
    expect(await codeOf(reader.encryption.decrypt('t', sealed))).toBe('RECORD_BINDING')
  })

  it('encryptHeaders: inherited, by a class, or a getter that says false later', async () => {
    const given: object[] = [
      Object.create({ match: '*', kek, encryptHeaders: true }) as object,
      new (class { match = '*'; kek = kek; get encryptHeaders(): boolean { return true } })(), // prettier-ignore
      Object.defineProperty({ match: '*', kek }, 'encryptHeaders', { get: once(true, false) }),
    ]
    for (const rule of given) {
      const { encryption } = await setUp({ topics: [rule] as unknown as RecordEncryptionOptions['topics'] })
      const [sent] = await encryption.encrypt('t', [
        { value: bytes('v'), headers: [{ key: 'secret', value: bytes('x') }] },
      ])
      expect(sent!.headers.map(({ key }) => key)).toEqual(['kroxylicious.io/encryption'])
    }
  })

  it('onDecryptError: a getter that says skip later', async () => {
    const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: kek }] })
    const options = Object.defineProperty({ kms, topics: [{ match: '*', kek }] }, 'onDecryptError', {
      get: once('throw', 'skip'),
    })
    const encryption = await createRecordEncryption(options)
    const [sealed] = await encryption.encrypt('t', records(1))
    expect(await codeOf(encryption.decrypt('t', [flipped(sealed!, -1)]))).toBe('RECORD_AUTHENTICATION')
  })

  it('previousKeks and limits: their elements and members are read once', async () => {
    const previousKeks = [Object.defineProperty({}, 'id', { get: once('x', '*') })]
    const limits = Object.defineProperty({}, 'records', { get: once(1, 2 ** 40) })
    const { encryption, admin } = await setUp({ limits, topics: [{ match: '*', kek, previousKeks }] as never })
    await encryption.encrypt('t', records(3))
    expect(admin.calls.generateDekPair).toBe(3)
  })

  it.each([
    ['limits', new Map([['records', 1]])],
    ['binding', new Map([['read', 'require']])],
    ['topicMapping', new Map([['t', ['u']]])],
    ['previousKeks', new Set(['x'])],
  ])('%s as a Map or Set is an error and not an empty object', async (name, given) => {
    await expect(setUp({ [name]: given })).rejects.toThrow(`"${name}" expected plain data, got `)
  })

  it('topicMapping: __proto__ is named, an inherited name counts, and nothing of Object.prototype', async () => {
    await expect(setUp({ topicMapping: JSON.parse('{"__proto__":["u"]}') as never })).rejects.toThrow(
      '"topicMapping.__proto__" expected to be absent',
    )
    const writer = await setUp({ topics: [{ match: '*', kek }] })
    const sealed = await writer.encryption.encrypt('u', records(1))
    const read = async (topicMapping: object, members: Record<string, unknown> = {}): Promise<string | undefined> => {
      const given = { kms: writer.kms, topicMapping } as Partial<RecordEncryptionOptions>
      const reader = await polluted(members, () => setUp(given))
      return verdictOf(reader.encryption, 't', sealed[0]!)
    }
    expect(await read(Object.create({ t: ['u'] }) as object)).toBe('decrypted')
    expect(await read({}, { t: ['u'] })).toBe('RECORD_BINDING')
  })
})

describe('options of a call', () => {
  it.each<[string, unknown, string]>([
    ['null', null, '"options" expected an object, got null'],
    ['a string', 'now', '"options" expected an object, got string'],
    ['an array', [], '"options" expected an object, got Array'],
    ['another name', { singal: AbortSignal.abort() }, '"singal" expected to be absent: there is no such option'],
    ['no signal', { signal: 'abort' }, '"signal" expected an AbortSignal, got string'],
    ['null as a signal', { signal: null }, '"signal" expected an AbortSignal, got null'],
  ])('are not %s', async (_, options, message) => {
    const { encryption, admin } = await setUp()
    const given = options as CallOptions
    await expect(encryption.encrypt('t', records(1), given)).rejects.toThrow(new TypeError(message))
    await expect(encryption.decrypt('t', records(1), given)).rejects.toThrow(new TypeError(message))
    await expect(encryption.prewarm(['t'], given)).rejects.toThrow(new TypeError(message))
    expect(admin.calls.resolveKek).toBe(0)
  })

  it('are read once: an inherited or computed signal counts', async () => {
    const { encryption } = await setUp()
    const signal = AbortSignal.abort(new Error('enough'))
    const given = [
      Object.create({ signal }) as CallOptions,
      Object.defineProperty({}, 'signal', { get: once(signal, undefined) }),
    ]
    for (const options of given) await expect(encryption.encrypt('t', records(1), options)).rejects.toThrow('enough')
  })
})

describe('prewarm', () => {
  it('asks no method of the array of topics', async () => {
    const { encryption } = await setUp()
    const topics = Object.assign(['a', 'b'], { map: () => [] })
    await encryption.prewarm(topics)
    expect(encryption.health().encryptionDeks).toBe(1)
  })
})
