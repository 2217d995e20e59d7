import assert from 'node:assert/strict'

import { ByteFormatError } from '../../../src/bytes/index.ts'
import {
  AccessDeniedError,
  isKmsError,
  KmsUnavailableError,
  ThrottledError,
  type Dek,
  type DekPair,
  type Edek,
  type EncryptionContext,
  type Kek,
  type Kms,
  type KmsCallOptions,
  type KmsHealth,
} from '../../../src/index.ts'
import type { createKms } from '../../../src/provider-kit/index.ts'
import { BYTES, CONTEXT, edekOf, FakeOperations, kekOfId, PROVIDER } from './fake-operations.ts'

/** Something that `createKms` promises, whatever the operations do. */
export interface Rule {
  readonly id: string
  readonly title: string
  run(make: typeof createKms): Promise<void>
}

const KEK = kekOfId('k1')
const OPTIONS = { encryptionContext: CONTEXT }
const BAD_CONTEXT = { encryptionContext: { a: 1 } as unknown as EncryptionContext }
const MALFORMED = Uint8Array.of(9, 9)
const ZEROS = new Uint8Array(32)
const details = { provider: PROVIDER, operation: 'decryptEdek' } as const
const never = <T>(): Promise<T> => new Promise<T>(() => undefined)
const pass = (): void => undefined
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const isZeroed = (bytes: Uint8Array | undefined): boolean => bytes?.every((byte) => byte === 0) === true

/** Makes a `Kms` of right operations, or of ones that `change` made wrong. */
function setUp(make: typeof createKms, change: (operations: FakeOperations) => void = () => undefined) {
  const operations = new FakeOperations()
  change(operations)
  return { operations, kms: make(operations) }
}

/** The code or the name of what a call rejects with. A call that throws synchronously fails the rule. */
async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
  const promise = call()
  assert.ok(promise instanceof Promise)
  try {
    await promise
    return 'success'
  } catch (error) {
    if (isKmsError(error)) return error.code
    return error instanceof Error ? error.name : String(error)
  }
}

function thrownBy(call: () => unknown): string {
  try {
    call()
    return 'success'
  } catch (error) {
    return isKmsError(error) ? error.code : (error as Error).name
  }
}

/** The calls that reach an operation, by name. */
const callsOf = (kms: Kms, options?: KmsCallOptions): Readonly<Record<string, () => Promise<unknown>>> => ({
  resolve: () => kms.resolveKek('k1', options),
  generate: () => kms.generateDekPair(KEK, options),
  unwrap: () => kms.decryptEdek(KEK, edekOf('k1', options?.encryptionContext !== undefined), options),
})

const decrypts = (kms: Kms, kek: unknown, edek: unknown, options?: KmsCallOptions) => () =>
  kms.decryptEdek(kek as Kek, edek as Edek, options)
const generates = (kms: Kms, kek: unknown, options?: KmsCallOptions) => () => kms.generateDekPair(kek as Kek, options)

export const rules: readonly Rule[] = [
  {
    id: 'right',
    title: 'gives what right operations give: a reference, a DEK that encrypts with its EDEK, a DEK that decrypts',
    async run(make) {
      const { kms } = setUp(make)
      assert.deepEqual(await kms.resolveKek('k1'), kekOfId('k1', '7'))
      for (const options of [undefined, OPTIONS]) {
        const { dek, edek } = await kms.generateDekPair(KEK, options)
        assert.equal(dek.origin, 'generated')
        assert.deepEqual(Uint8Array.from(edek), Uint8Array.from(edekOf('k1', options !== undefined)))
        assert.equal((await kms.decryptEdek(KEK, edek, options)).origin, 'unwrapped')
      }
      assert.deepEqual(kms.kekOf(edekOf('k1')), kekOfId('k1', '7'))
    },
  },
  {
    id: 'closed-first',
    title: 'rejects everything with KMS_CLOSED after close, before it looks at an argument',
    async run(make) {
      const { kms, operations } = setUp(make, (fake) => {
        Object.assign(fake, { ping: () => Promise.resolve({ status: 'ok' }) })
      })
      await kms.close()
      const bad = undefined as never
      for (const call of [
        () => kms.resolveKek(bad),
        () => kms.generateDekPair(bad),
        () => kms.decryptEdek(bad, bad),
        () => kms.health?.() ?? Promise.resolve(),
      ])
        assert.equal(await outcomeOf(call), 'KMS_CLOSED')
      assert.equal(
        thrownBy(() => kms.kekOf(bad)),
        'KMS_CLOSED',
      )
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'selector',
    title: 'rejects a selector that is no text with a TypeError, before the signal',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const selector of [undefined, null, 7, '', {}])
        assert.equal(
          await outcomeOf(() => kms.resolveKek(selector as string, { signal: AbortSignal.abort('reason') })),
          'TypeError',
        )
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'kek',
    title: 'rejects a reference that is none with a TypeError, before the signal',
    async run(make) {
      const { kms, operations } = setUp(make)
      const signal = AbortSignal.abort('reason')
      for (const kek of [
        undefined,
        null,
        'k1',
        {},
        { ...KEK, id: 7 },
        { ...KEK, wrapping: undefined },
        { ...KEK, version: 7 },
      ]) {
        assert.equal(await outcomeOf(generates(kms, kek, { signal })), 'TypeError')
        assert.equal(await outcomeOf(decrypts(kms, kek, edekOf('k1'), { signal })), 'TypeError')
      }
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'edek',
    title: 'rejects an EDEK that is no bytes with a TypeError, before the signal',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const edek of [undefined, null, 'text', [1], new ArrayBuffer(3), Object.create(Uint8Array.prototype)]) {
        assert.equal(await outcomeOf(decrypts(kms, KEK, edek, { signal: AbortSignal.abort('reason') })), 'TypeError')
        assert.equal(
          thrownBy(() => kms.kekOf(edek as Edek)),
          'TypeError',
        )
      }
      assert.deepEqual([operations.received, operations.decoded], [[], []])
    },
  },
  {
    id: 'options',
    title: 'rejects options of the wrong type with a TypeError, and reads each one once',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const options of [
        null,
        'text',
        { signal: {} },
        { signal: 'text' },
        { signal: { throwIfAborted: pass, addEventListener: pass, removeEventListener: pass } },
        { contextRead: 'always' },
        { contextRead: null },
        { correlationId: 7 },
      ]) {
        for (const call of Object.values(callsOf(kms))) assert.equal(await outcomeOf(call), 'success')
        operations.received.length = 0
        const given = options as unknown as KmsCallOptions
        assert.equal(await outcomeOf(() => kms.resolveKek('k1', given)), 'TypeError')
        assert.equal(await outcomeOf(generates(kms, KEK, given)), 'TypeError')
        assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1'), given)), 'TypeError')
        assert.deepEqual(operations.received, [])
      }
      let reads = 0
      const computed = {
        get encryptionContext() {
          reads++
          return CONTEXT
        },
      }
      await kms.decryptEdek(KEK, edekOf('k1', true), computed)
      assert.equal(reads, 1)
    },
  },
  {
    id: 'aborted-before',
    title: 'rejects with the reason of a signal that is aborted already, before it looks at the context',
    async run(make) {
      const { kms, operations } = setUp(make)
      const options = { ...BAD_CONTEXT, signal: AbortSignal.abort('reason') }
      for (const call of Object.values(callsOf(kms, options))) assert.equal(await outcomeOf(call), 'reason')
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'context-type',
    title: 'rejects a context that is none with a TypeError, before it looks at the EDEK or the boundary',
    async run(make) {
      const { kms, operations } = setUp(make)
      assert.equal(await outcomeOf(() => kms.resolveKek('k1', BAD_CONTEXT)), 'TypeError')
      assert.equal(await outcomeOf(generates(kms, kekOfId('outside'), BAD_CONTEXT)), 'TypeError')
      assert.equal(await outcomeOf(decrypts(kms, KEK, MALFORMED, BAD_CONTEXT)), 'TypeError')
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'context-once',
    title: 'gives every operation the same copy of a context, with the bytes of its encoding',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const [name, call] of Object.entries(callsOf(kms, OPTIONS))) {
        await call()
        const context = operations.received.at(-1)?.context
        assert.deepEqual(context?.pairs, CONTEXT, name)
        assert.notEqual(context.pairs, CONTEXT)
        assert.ok(Object.isFrozen(context.pairs))
        assert.equal(context.bytes[0], 1)
      }
      for (const call of Object.values(callsOf(kms))) {
        await call()
        assert.equal(operations.received.at(-1)?.context, undefined)
      }
      await kms.generateDekPair(KEK, { encryptionContext: {} })
      assert.equal(operations.received.at(-1)?.context, undefined)
    },
  },
  {
    id: 'context-unsupported',
    title: 'rejects every context where the KMS cannot bind one, without a request',
    async run(make) {
      const { kms, operations } = setUp(make, (fake) => (fake.bindsContext = false))
      for (const call of Object.values(callsOf(kms, OPTIONS)))
        assert.equal(await outcomeOf(call), 'KMS_CONTEXT_UNSUPPORTED')
      assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1'), OPTIONS)), 'KMS_CONTEXT_UNSUPPORTED')
      assert.deepEqual(operations.received, [])
      for (const call of Object.values(callsOf(kms, { encryptionContext: {} })).slice(0, 2))
        assert.equal(await outcomeOf(call), 'success')
    },
  },
  {
    id: 'boundary-generate',
    title: 'rejects a KEK that the provider does not accept with KMS_UNKNOWN_KEY, without a request',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const kek of [kekOfId('outside'), { ...KEK, provider: 'other' }])
        assert.equal(await outcomeOf(generates(kms, kek)), 'KMS_UNKNOWN_KEY')
      operations.accept = (kek) => {
        assert.equal(kek.provider, PROVIDER)
        return kek
      }
      assert.equal(await outcomeOf(generates(kms, { ...KEK, provider: 'other' })), 'KMS_UNKNOWN_KEY')
      operations.accept = () => kekOfId('k2')
      assert.equal(await outcomeOf(generates(kms, KEK)), 'KMS_UNKNOWN_KEY')
      operations.accept = () => {
        throw new Error('a fault')
      }
      assert.equal(await outcomeOf(generates(kms, KEK)), 'KMS_INVALID_RESPONSE')
      operations.accept = () => {
        throw new AccessDeniedError(details)
      }
      assert.equal(await outcomeOf(generates(kms, KEK)), 'KMS_ACCESS_DENIED')
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'decode-first',
    title: 'rejects a malformed EDEK with KMS_INVALID_EDEK, before it compares KEKs or contexts, without a request',
    async run(make) {
      const { kms, operations } = setUp(make)
      assert.equal(
        await outcomeOf(decrypts(kms, { ...KEK, provider: 'other' }, MALFORMED, OPTIONS)),
        'KMS_INVALID_EDEK',
      )
      assert.equal(
        thrownBy(() => kms.kekOf(MALFORMED)),
        'KMS_INVALID_EDEK',
      )
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'decode-faults',
    title: 'takes a decode that throws or returns nonsense for a malformed EDEK, and passes on a KmsError',
    async run(make) {
      const { kms, operations } = setUp(make)
      const edek = edekOf('k1')
      const right = { kek: KEK, bound: false, fields: { text: '' } }
      const nonsense: readonly unknown[] = [
        null,
        {},
        { ...right, kek: undefined },
        { ...right, kek: { ...KEK, provider: 'other' } },
        { ...right, kek: { ...KEK, id: '' } },
        { ...right, kek: { ...KEK, id: 7 } },
        { ...right, kek: { ...KEK, wrapping: 'other' } },
        { ...right, kek: { ...KEK, version: 7 } },
        { ...right, kek: { ...KEK, version: '' } },
        { ...right, bound: undefined },
      ]
      const decoders: readonly (() => unknown)[] = [
        ...nonsense.map((value) => () => value),
        () => {
          throw new RangeError('secret')
        },
        () => {
          throw new ByteFormatError('underflow')
        },
      ]
      for (const decode of decoders) {
        operations.decode = decode as never
        assert.equal(await outcomeOf(decrypts(kms, KEK, edek)), 'KMS_INVALID_EDEK')
        assert.equal(
          thrownBy(() => kms.kekOf(edek)),
          'KMS_INVALID_EDEK',
        )
      }
      operations.decode = () => {
        throw new AccessDeniedError(details)
      }
      assert.equal(await outcomeOf(decrypts(kms, KEK, edek)), 'KMS_ACCESS_DENIED')
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'mismatch',
    title: 'rejects an EDEK of another KEK with KMS_KEK_MISMATCH, before it looks for a context, without a request',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const kek of [kekOfId('k2'), { ...KEK, provider: 'other' }])
        for (const bound of [false, true])
          assert.equal(await outcomeOf(decrypts(kms, kek, edekOf('k1', bound))), 'KMS_KEK_MISMATCH')
      assert.deepEqual(operations.received, [])
      assert.equal(await outcomeOf(decrypts(kms, kekOfId('k1', '99'), edekOf('k1'))), 'success')
    },
  },
  {
    id: 'bound',
    title: 'rejects a context for an unbound EDEK, and none for a bound one, without a request',
    async run(make) {
      const { kms, operations } = setUp(make)
      const [bound, unbound] = [edekOf('k1', true), edekOf('k1')]
      assert.equal(await outcomeOf(decrypts(kms, KEK, unbound, OPTIONS)), 'KMS_INVALID_EDEK')
      assert.equal(
        await outcomeOf(decrypts(kms, KEK, unbound, { ...OPTIONS, contextRead: 'require' })),
        'KMS_INVALID_EDEK',
      )
      for (const options of [undefined, { encryptionContext: {} }, { contextRead: 'if-present' as const }])
        assert.equal(await outcomeOf(decrypts(kms, KEK, bound, options)), 'KMS_INVALID_EDEK')
      assert.deepEqual(operations.received, [])
    },
  },
  {
    id: 'if-present',
    title: 'opens an unbound EDEK as if there were no context under "if-present", and a bound one with it',
    async run(make) {
      const { kms, operations } = setUp(make)
      const options = { ...OPTIONS, contextRead: 'if-present' as const }
      assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1'), options)), 'success')
      assert.equal(operations.received.at(-1)?.context, undefined)
      assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1', true), options)), 'success')
      assert.deepEqual(operations.received.at(-1)?.context?.pairs, CONTEXT)
      assert.equal(operations.received.length, 2)
    },
  },
  {
    id: 'own-references',
    title: 'gives generate and unwrap what accept and decode returned, never the object of the caller',
    async run(make) {
      const { kms, operations } = setUp(make)
      await kms.generateDekPair(KEK)
      assert.equal(operations.received.at(-1)?.kek, operations.accepted)
      await kms.decryptEdek(KEK, edekOf('k1'))
      const last = operations.received.at(-1)
      assert.equal(last?.kek, operations.named)
      assert.deepEqual(last?.fields, { text: '\x01k1' })
    },
  },
  {
    id: 'copies',
    title: 'is not affected by what the caller changes after the call',
    async run(make) {
      const { kms, operations } = setUp(make)
      const [kek, edek, encryptionContext] = [{ ...KEK }, Uint8Array.from(edekOf('k1', true)), { ...CONTEXT }]
      let accepted: Kek | undefined
      operations.accept = (given) => (accepted = given)
      const running = [
        kms.decryptEdek(kek, edek, { encryptionContext }),
        kms.generateDekPair(kek, { encryptionContext }).then(({ dek }) => dek),
      ]
      edek.fill(0)
      Object.assign(kek, { id: 'changed', provider: 'changed' })
      Object.assign(encryptionContext, { topic: 'changed' })
      for (const dek of await Promise.all(running)) dek.destroy()
      assert.equal(accepted?.id, 'k1')
      for (const { context } of operations.received) assert.deepEqual(context?.pairs, CONTEXT)
      const [decoded] = operations.decoded
      assert.ok(decoded !== undefined && decoded.buffer !== edek.buffer && decoded[0] === 2)
      const unchanged = Uint8Array.from(edekOf('k1'))
      operations.decode = (given) => {
        given.fill(0)
        return undefined
      }
      thrownBy(() => kms.kekOf(unchanged))
      assert.deepEqual(unchanged, Uint8Array.from(edekOf('k1')))
    },
  },
  {
    id: 'references',
    title: 'returns frozen references with the members of a KEK alone',
    async run(make) {
      const { kms, operations } = setUp(make)
      const extended = { ...kekOfId('k1', '7'), secret: 'x' }
      operations.resolve = () => Promise.resolve(extended)
      operations.decode = () => ({ kek: extended, bound: false, fields: { text: '' } })
      for (const kek of [await kms.resolveKek('k1'), kms.kekOf(edekOf('k1'))]) {
        assert.ok(Object.isFrozen(kek))
        assert.deepEqual(kek, kekOfId('k1', '7'))
      }
      operations.resolve = () => Promise.resolve(kekOfId('k1'))
      assert.deepEqual(Object.keys(await kms.resolveKek('k1')).sort(), ['id', 'provider', 'wrapping'])
    },
  },
  {
    id: 'resolve-result',
    title: 'takes a resolved reference that is none, or of another provider, for KMS_INVALID_RESPONSE',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const kek of [
        undefined,
        null,
        'k1',
        {},
        { ...KEK, provider: 'other' },
        { ...KEK, id: '' },
        { ...KEK, id: 7 },
        { ...KEK, wrapping: 'other' },
        { ...KEK, version: 7 },
        { ...KEK, version: '' },
        { ...KEK, unproven: 'yes' },
      ]) {
        operations.resolve = () => Promise.resolve(kek as Kek)
        assert.equal(await outcomeOf(() => kms.resolveKek('k1')), 'KMS_INVALID_RESPONSE')
      }
    },
  },
  {
    id: 'zeroes',
    title: 'zeroes the bytes of a DEK, whether it accepts them or not',
    async run(make) {
      const { kms, operations } = setUp(make)
      await kms.generateDekPair(KEK)
      await kms.decryptEdek(KEK, edekOf('k1'))
      for (const length of [1, 31, 33]) {
        operations.generate = (kek) =>
          Promise.resolve({ bytes: operations.key(new Uint8Array(length).fill(5)), edek: edekOf(kek.id) })
        operations.unwrap = () => Promise.resolve(operations.key(new Uint8Array(length).fill(5)))
        await outcomeOf(generates(kms, KEK))
        await outcomeOf(decrypts(kms, KEK, edekOf('k1')))
      }
      operations.generate = () => Promise.resolve({ bytes: operations.key(), edek: MALFORMED })
      await outcomeOf(generates(kms, KEK))
      assert.equal(operations.handedOver.length, 9)
      assert.ok(operations.handedOver.every(isZeroed))
    },
  },
  {
    id: 'length-generated',
    title: 'takes another length of a generated DEK for KMS_INVALID_RESPONSE',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const bytes of [
        new Uint8Array(31).fill(1),
        new Uint8Array(33).fill(1),
        new Uint8Array(),
        undefined,
        'x'.repeat(32),
      ]) {
        operations.generate = () => Promise.resolve({ bytes: bytes as Uint8Array, edek: edekOf('k1') })
        assert.equal(await outcomeOf(generates(kms, KEK)), 'KMS_INVALID_RESPONSE')
      }
      operations.generate = () => Promise.resolve(undefined as never)
      assert.equal(await outcomeOf(generates(kms, KEK)), 'KMS_INVALID_RESPONSE')
    },
  },
  {
    id: 'length-unwrapped',
    title:
      'takes another length of an unwrapped DEK for KMS_INVALID_EDEK, and what is no bytes for KMS_INVALID_RESPONSE',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const length of [0, 16, 31, 33, 64]) {
        operations.unwrap = () => Promise.resolve(new Uint8Array(length).fill(1))
        assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1'))), 'KMS_INVALID_EDEK')
      }
      for (const bytes of [undefined, null, 'x'.repeat(32), Array(32).fill(1)]) {
        operations.unwrap = () => Promise.resolve(bytes as unknown as Uint8Array)
        assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1'))), 'KMS_INVALID_RESPONSE')
      }
    },
  },
  {
    id: 'all-zero',
    title: 'takes 32 zero bytes for KMS_INVALID_RESPONSE, both ways',
    async run(make) {
      const { kms, operations } = setUp(make)
      operations.generate = () => Promise.resolve({ bytes: ZEROS.slice(), edek: edekOf('k1') })
      operations.unwrap = () => Promise.resolve(ZEROS.slice())
      assert.equal(await outcomeOf(generates(kms, KEK)), 'KMS_INVALID_RESPONSE')
      assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1'))), 'KMS_INVALID_RESPONSE')
      for (const at of [0, 31]) {
        operations.unwrap = () => Promise.resolve(ZEROS.with(at, 1))
        assert.equal(await outcomeOf(decrypts(kms, KEK, edekOf('k1'))), 'success')
      }
    },
  },
  {
    id: 'generated-edek',
    title: 'takes an EDEK that could not be decrypted with the same arguments for KMS_INVALID_RESPONSE',
    async run(make) {
      const { kms, operations } = setUp(make)
      const attempts: readonly [unknown, KmsCallOptions | undefined][] = [
        [MALFORMED, undefined],
        [edekOf('outside'), undefined],
        [edekOf('k2'), undefined],
        [edekOf('k1', true), undefined],
        [edekOf('k1'), OPTIONS],
        [undefined, undefined],
        ['\x01k1', undefined],
      ]
      for (const [edek, options] of attempts) {
        operations.generate = () => Promise.resolve({ bytes: operations.key(), edek: edek as Edek })
        assert.equal(await outcomeOf(generates(kms, KEK, options)), 'KMS_INVALID_RESPONSE')
      }
      const own = Uint8Array.from(edekOf('k1'))
      operations.generate = () => Promise.resolve({ bytes: operations.key(), edek: own })
      const { edek } = await kms.generateDekPair(KEK)
      own.fill(0)
      assert.deepEqual(Uint8Array.from(edek), Uint8Array.from(edekOf('k1')))
    },
  },
  {
    id: 'foreign-errors',
    title: 'makes KMS_INVALID_RESPONSE of an error that is no KmsError, with nothing of its text; passes on a KmsError',
    async run(make) {
      const { kms, operations } = setUp(make)
      const failures: readonly [() => Promise<never>, string][] = [
        [() => Promise.reject(Object.assign(new Error('s.token'), { code: 'EVENDOR' })), 'KMS_INVALID_RESPONSE'],
        [
          () => {
            throw new TypeError('s.token')
          },
          'KMS_INVALID_RESPONSE',
        ],
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        [() => Promise.reject('s.token'), 'KMS_INVALID_RESPONSE'],
        [() => Promise.reject(new KmsUnavailableError(details)), 'KMS_UNAVAILABLE'],
      ]
      for (const [fail, code] of failures) {
        Object.assign(operations, { resolve: fail, generate: fail, unwrap: fail })
        for (const call of Object.values(callsOf(kms))) {
          const error = await call().catch((reason: unknown) => reason as Error & { cause?: Error })
          assert.ok(isKmsError(error))
          assert.equal(error.code, code)
          assert.ok(!`${String(error)} ${String(error.cause)} ${JSON.stringify(error)}`.includes('token'))
        }
      }
    },
  },
  {
    id: 'abort-race',
    title: 'rejects with the reason as soon as the signal aborts, even if the operation never ends; and tells it',
    async run(make) {
      for (const name of ['resolve', 'generate', 'unwrap'] as const) {
        const { kms, operations } = setUp(make)
        const seen: AbortSignal[] = []
        Object.assign(operations, {
          [name]: (...given: unknown[]) => {
            seen.push((given.at(-1) as { readonly signal: AbortSignal }).signal)
            return never()
          },
        })
        const controller = new AbortController()
        const running = outcomeOf(callsOf(kms, { signal: controller.signal })[name] ?? never)
        assert.deepEqual(
          seen.map(({ aborted }) => aborted),
          [false],
        )
        controller.abort('reason')
        assert.equal(await running, 'reason')
        assert.deepEqual(
          seen.map(({ aborted, reason }) => [aborted, reason as unknown]),
          [[true, 'reason']],
        )
      }
    },
  },
  {
    id: 'abort-wins',
    title: 'rejects with the reason, not with the error that the operation made of the abort',
    async run(make) {
      const { kms, operations } = setUp(make)
      operations.resolve = (_, __, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(new KmsUnavailableError(details))
          })
        })
      const controller = new AbortController()
      const running = outcomeOf(() => kms.resolveKek('k1', { signal: controller.signal }))
      controller.abort('reason')
      assert.equal(await running, 'reason')
    },
  },
  {
    id: 'late',
    title: 'zeroes a DEK that arrives after the caller aborted or the client was closed',
    async run(make) {
      for (const end of ['abort', 'close'] as const) {
        for (const name of ['generate', 'unwrap'] as const) {
          const { kms, operations } = setUp(make)
          let finish: (value: unknown) => void = () => undefined
          Object.assign(operations, { [name]: () => new Promise((resolve) => (finish = resolve)) })
          const controller = new AbortController()
          const running = outcomeOf(callsOf(kms, { signal: controller.signal })[name] ?? never)
          if (end === 'abort') controller.abort('reason')
          else await kms.close()
          assert.equal(await running, end === 'abort' ? 'reason' : 'KMS_CLOSED')
          const bytes = operations.key()
          finish(name === 'generate' ? { bytes, edek: edekOf('k1') } : bytes)
          await turn()
          assert.ok(isZeroed(bytes))
        }
      }
    },
  },
  {
    id: 'close-race',
    title: 'rejects the calls that are running with KMS_CLOSED when it is closed, health among them',
    async run(make) {
      const { kms, operations } = setUp(make, (fake) => {
        Object.assign(fake, { resolve: never, generate: never, unwrap: never, ping: never })
      })
      const running = [...Object.values(callsOf(kms)), () => kms.health?.() ?? Promise.resolve()].map(outcomeOf)
      await kms.close()
      assert.deepEqual(await Promise.all(running), Array(4).fill('KMS_CLOSED'))
      assert.equal(operations.closed, 1)
    },
  },
  {
    id: 'no-listeners',
    title: 'leaves no listener on the signal of a caller',
    async run(make) {
      const { kms, operations } = setUp(make)
      const { signal } = new AbortController()
      let listeners = 0
      const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
      signal.addEventListener = (...given: Parameters<typeof add>) => {
        listeners++
        add(...given)
      }
      signal.removeEventListener = (...given: Parameters<typeof remove>) => {
        listeners--
        remove(...given)
      }
      for (const call of Object.values(callsOf(kms, { signal }))) await call()
      operations.resolve = () => Promise.reject(new KmsUnavailableError(details))
      await outcomeOf(() => kms.resolveKek('k1', { signal }))
      assert.equal(listeners, 0)
    },
  },
  {
    id: 'close-once',
    title: 'closes the provider once, whatever method is called how often, and waits for it',
    async run(make) {
      const { kms, operations } = setUp(make)
      let ended = false
      operations.close = async () => {
        operations.closed++
        await turn()
        ended = true
      }
      await Promise.all([kms.close(), kms[Symbol.asyncDispose]()])
      await kms.close()
      assert.ok(ended)
      assert.equal(operations.closed, 1)
    },
  },
  {
    id: 'dispose',
    title: 'closes when it is disposed of',
    async run(make) {
      const { kms, operations } = setUp(make)
      await kms[Symbol.asyncDispose]()
      assert.equal(operations.closed, 1)
      assert.equal(await outcomeOf(() => kms.resolveKek('k1')), 'KMS_CLOSED')
    },
  },
  {
    id: 'close-fails',
    title: 'rejects close with a KmsError where the provider fails to close, and is closed nevertheless',
    async run(make) {
      const { kms, operations } = setUp(make)
      operations.close = () => Promise.reject(new Error('s.token'))
      assert.equal(await outcomeOf(() => kms.close()), 'KMS_INVALID_RESPONSE')
      assert.equal(await outcomeOf(() => kms.resolveKek('k1')), 'KMS_CLOSED')
    },
  },
  {
    id: 'health',
    title: 'has a health exactly if there is a ping, and reports its errors as a health',
    async run(make) {
      assert.ok(!('health' in setUp(make).kms))
      const pings: readonly [() => Promise<unknown>, KmsHealth['status']][] = [
        [() => Promise.resolve({ status: 'ok' }), 'ok'],
        [() => Promise.resolve({ status: 'degraded', detail: 'slow' }), 'degraded'],
        [() => Promise.reject(new KmsUnavailableError(details)), 'down'],
        [() => Promise.reject(new AccessDeniedError(details)), 'down'],
        [() => Promise.reject(new ThrottledError(details)), 'degraded'],
        [() => Promise.reject(new Error('s.token')), 'down'],
        [() => Promise.resolve(undefined), 'down'],
        [() => Promise.resolve({ status: 'fine' }), 'down'],
        [() => Promise.resolve({ status: 'ok', detail: 7 }), 'down'],
      ]
      for (const [ping, status] of pings) {
        const { kms } = setUp(make, (fake) => Object.assign(fake, { ping }))
        const health = await kms.health?.()
        assert.equal(health?.status, status)
        assert.ok(!JSON.stringify(health).includes('token'))
        if (status !== 'ok') assert.ok(health.detail !== undefined)
      }
    },
  },
  {
    id: 'call',
    title: 'tells each operation what it is called for, and the correlation id of the caller',
    async run(make) {
      const { kms, operations } = setUp(make)
      for (const call of Object.values(callsOf(kms, { correlationId: 'c-1' }))) await call()
      assert.deepEqual(
        operations.received.map(({ call: { operation, correlationId } }) => [operation, correlationId]),
        [
          ['resolveKek', 'c-1'],
          ['generateDekPair', 'c-1'],
          ['decryptEdek', 'c-1'],
        ],
      )
    },
  },
  {
    id: 'no-memory',
    title: 'makes a request for each call, and gives each caller a DEK of its own',
    async run(make) {
      const { kms, operations } = setUp(make)
      const pairs: DekPair[] = [await kms.generateDekPair(KEK), await kms.generateDekPair(KEK)]
      const deks: Dek[] = [await kms.decryptEdek(KEK, edekOf('k1')), await kms.decryptEdek(KEK, edekOf('k1'))]
      assert.notEqual(pairs[0]?.dek, pairs[1]?.dek)
      assert.notEqual(deks[0], deks[1])
      assert.equal(operations.received.length, 4)
      assert.ok(operations.handedOver.every((bytes) => isZeroed(bytes)) && BYTES[0] === 1)
    },
  },
]
