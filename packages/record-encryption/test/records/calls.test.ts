import { Buffer } from 'node:buffer'
import { runInNewContext } from 'node:vm'

import { KmsUnavailableError, UnknownKeyError } from '@keyfold/kms-api'
import { cachingKms } from '@keyfold/kms-api/resilience'
import { describe, expect, it } from 'vitest'

import { inspectRecord, type KafkaRecord, type RecordEncryption } from '../../src/index.ts'
import { bytes, codeOf, edekOf, gate, header, records, rejectionOf, runsOf, settled, setUp, textOf } from './support.ts'

const NO_CALLS = { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 }
type Call = (encryption: RecordEncryption, topic: string, given: readonly KafkaRecord[], options?: { readonly signal?: AbortSignal }) => Promise<readonly KafkaRecord[]>
const encrypt: Call = (encryption, topic, given, options) => encryption.encrypt(topic, given, options)
const decrypt: Call = (encryption, topic, given, options) => encryption.decrypt(topic, given, options)

describe('results', () => {
  it('are shallow copies in order, and inputs are not changed', async () => {
    const { encryption } = await setUp()
    const nested = { deep: 1 }
    const inputs = records(600).map((record, i) => Object.freeze({ ...record, headers: Object.freeze([header('h', String(i))]), timestamp: i, nested, [Symbol.for('mine')]: i }))
    const copies = structuredClone(inputs.map(({ value, key }) => ({ value, key })))
    const sealed = await encryption.encrypt('t', inputs)
    const opened = await encryption.decrypt('t', sealed)
    for (const [i, input] of inputs.entries()) {
      expect(sealed[i]).toMatchObject({ timestamp: i, [Symbol.for('mine')]: i })
      expect(sealed[i]!.key).toBe(input.key)
      expect(opened[i]!.nested).toBe(nested)
      expect(textOf(opened[i]!.value)).toBe(`value ${i}`)
      expect(opened[i]!.headers.map(({ value }) => textOf(value))).toEqual([String(i)])
      expect(opened[i]!.keyfold).toEqual({ status: 'decrypted', bound: ['topic', 'key'] })
      expect(Object.isFrozen(opened[i]!.keyfold) && Object.isFrozen(opened[i]!.keyfold.bound)).toBe(true)
    }
    expect(inputs.map(({ value, key }) => ({ value, key }))).toEqual(copies)
    expect(await encryption.encrypt('t', opened)).toHaveLength(600)
    expect((await encryption.encrypt('t', opened))[0]).not.toHaveProperty('keyfold')
  })

  it('do not change when the inputs do', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', records(1))
    const value = new Uint8Array(sealed!.value!)
    const [opened] = await encryption.decrypt('t', [{ ...sealed!, value }])
    value.fill(0)
    expect(textOf(opened!.value)).toBe('value 0')
  })

  it('of no records are none, without a request', async () => {
    const { encryption, admin } = await setUp()
    expect(await encryption.encrypt('t', [])).toEqual([])
    expect(await encryption.decrypt('t', [])).toEqual([])
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it.each([0, 1, 15, 16, 17, 63, 64, 65, 8_191, 8_192, 65_507, 65_536, 100_000, 2 ** 20 + 7])('round-trip a value of %d bytes', async (size) => {
    const { encryption } = await setUp()
    const value = Uint8Array.from({ length: size }, (_, i) => (i * 31) % 256)
    const batch = [{ value: bytes('before') }, { value }, { value: bytes('after') }]
    const opened = await encryption.decrypt('t', await encryption.encrypt('t', batch))
    expect(opened.map((record) => Buffer.from(record.value!).equals(batch[opened.indexOf(record)]!.value))).toEqual([true, true, true])
  })

  it('share memory in pieces: one that is kept pins no batch', async () => {
    const { encryption } = await setUp()
    const sealed = await encryption.encrypt('t', Array.from({ length: 2_000 }, () => ({ value: new Uint8Array(500) })))
    const opened = await encryption.decrypt('t', sealed)
    for (const record of [...sealed, ...opened]) expect(record.value!.buffer.byteLength).toBeLessThanOrEqual(65_536)
  })

  it('take byte arrays of another realm', async () => {
    const { encryption } = await setUp()
    const value = runInNewContext('Uint8Array.of(104, 105)') as Uint8Array
    expect(value instanceof Uint8Array).toBe(false)
    const [opened] = await encryption.decrypt('t', await encryption.encrypt('t', [{ key: value, value }]))
    expect(textOf(opened!.value)).toBe('hi')
  })
})

describe('arguments of the wrong type', () => {
  const wrong: readonly (readonly [path: string, given: unknown])[] = [
    ['records', undefined], ['records', null], ['records', {}], ['records', 'text'], ['records', new Set()],
    ['records[0]', [undefined]], ['records[0]', [null]], ['records[0]', ['text']], ['records[0]', Array(1)], ['records[1]', [{ value: null }, 5]],
    ['records[0].value', [{}]], ['records[0].value', [{ value: undefined }]], ['records[0].value', [{ value: 'text' }]], ['records[0].value', [{ value: [1, 2] }]],
    ['records[0].value', [{ value: new ArrayBuffer(2) }]], ['records[0].value', [{ value: new Uint16Array(2) }]], ['records[0].value', [{ value: 5 }]],
    ['records[0].key', [{ key: 'text', value: null }]], ['records[0].key', [{ key: 5, value: null }]], ['records[0].key', [{ key: [], value: null }]],
    ['records[0].headers', [{ value: null, headers: null }]], ['records[0].headers', [{ value: null, headers: { a: '1' } }]],
    ['records[0].headers[0]', [{ value: null, headers: [null] }]], ['records[0].headers[0]', [{ value: null, headers: ['a'] }]], ['records[0].headers[1]', [{ value: null, headers: [header('a'), undefined] }]],
    ['records[0].headers[0].key', [{ value: null, headers: [{ value: null }] }]], ['records[0].headers[0].key', [{ value: null, headers: [{ key: bytes('a'), value: null }] }]],
    ['records[0].headers[0].key', [{ value: null, headers: [{ key: '\ud800', value: null }] }]],
    ['records[0].headers[0].value', [{ value: null, headers: [{ key: 'a', value: 'text' }] }]], ['records[0].headers[0].value', [{ value: null, headers: [{ key: 'a' }] }]],
  ]

  it.each(wrong)('are a TypeError that names %s, both ways, before any request: %o', async (path, given) => {
    const { encryption, admin } = await setUp()
    for (const call of [encrypt, decrypt]) {
      const error = await rejectionOf(call(encryption, 't', given as KafkaRecord[]))
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message.startsWith(`"${path}" expected `)).toBe(true)
    }
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it.each([undefined, null, 5, '', '.', '..', 'a b', 'a/b', 'ä', 'a'.repeat(250), 'a\n', '\u202eevil'])('are a TypeError for the topic %o', async (topic) => {
    const { encryption } = await setUp()
    for (const call of [encrypt, decrypt]) {
      await expect(call(encryption, topic as string, [])).rejects.toThrow(/^"topic" expected the name of a topic \(1 to 249 of A-Z a-z 0-9 \. _ -\), got /)
    }
  })
})

describe('an abort', () => {
  const reasons = [new Error('enough'), 'enough', { why: 'enough' }, new UnknownKeyError({ provider: 'mine', operation: 'decryptEdek' })]

  it.each(reasons)('before the call rejects with its reason, without a request: %s', async (reason) => {
    const { encryption, admin } = await setUp()
    for (const call of [encrypt, decrypt]) expect(await rejectionOf(call(encryption, 't', records(1), { signal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it.each(reasons)('during each request of encrypt rejects with its reason: %s', async (reason) => {
    for (const operation of ['resolveKek', 'generateDekPair']) {
      const { encryption, admin } = await setUp()
      const { passed, open } = gate()
      admin.faults = (call) => (call.operation === operation ? passed : undefined)
      const controller = new AbortController()
      const call = encryption.encrypt('t', records(1), { signal: controller.signal })
      const other = encryption.encrypt('t', records(1))
      await settled()
      controller.abort(reason)
      expect(await rejectionOf(call)).toBe(reason)
      // Who did not abort has what was asked for together.
      open()
      expect(await other).toHaveLength(1)
      expect(admin.calls).toMatchObject({ resolveKek: 1, generateDekPair: 1 })
    }
  })

  it.each(reasons)('during each request of decrypt rejects with its reason: %s', async (reason) => {
    for (const operation of ['resolveKek', 'decryptEdek']) {
      for (const resilience of [undefined, 'none'] as const) {
        const { encryption: writer, kms, admin } = await setUp()
        const sealed = await writer.encrypt('t', records(1))
        const { encryption } = await setUp({ kms, resilience, onKeyGone: 'record', onDecryptError: 'skip' })
        admin.faults = (call) => (call.operation === operation ? gate().passed : undefined)
        const controller = new AbortController()
        const call = encryption.decrypt('t', sealed, { signal: controller.signal })
        await settled()
        controller.abort(reason)
        expect(await rejectionOf(call)).toBe(reason)
      }
    }
  })

  it.each([['encrypt', encrypt], ['decrypt', decrypt]] as const)('between two slices of %s rejects with its reason', async (name, call) => {
    const { encryption } = await setUp()
    const given = name === 'encrypt' ? records(3_000) : await encryption.encrypt('t', records(3_000))
    const controller = new AbortController()
    const reason = Symbol('enough')
    setImmediate(() => { controller.abort(reason) })
    expect(await rejectionOf(call(encryption, 't', given, { signal: controller.signal }))).toBe(reason)
  })

  it('of one call leaves the failure of what others wait for to them', async () => {
    const { encryption, admin } = await setUp()
    const { passed, open } = gate()
    admin.faults = async ({ operation }) => {
      if (operation !== 'generateDekPair') return
      await passed
      throw new KmsUnavailableError({ provider: 'inmemory', operation: 'generateDekPair' })
    }
    const controller = new AbortController()
    const call = encryption.encrypt('t', records(1), { signal: controller.signal })
    await settled()
    controller.abort('enough')
    expect(await rejectionOf(call)).toBe('enough')
    open()
    // Nobody is left to hear of it: no unhandled rejection, which would fail this run.
    await settled()
    expect(encryption.health().failing).toMatchObject([{ code: 'KMS_UNAVAILABLE' }])
  })

  it('that never comes leaves no listener behind', async () => {
    const { encryption } = await setUp()
    const { signal } = new AbortController()
    let listeners = 0
    const count = (change: number, original: (...args: Parameters<AbortSignal['addEventListener']>) => void) => (...args: Parameters<AbortSignal['addEventListener']>): void => {
      listeners += change
      original.apply(signal, args)
    }
    Object.assign(signal, { addEventListener: count(1, signal.addEventListener.bind(signal)), removeEventListener: count(-1, signal.removeEventListener.bind(signal)) })
    await encryption.decrypt('t', await encryption.encrypt('t', records(2_000), { signal }), { signal })
    expect(listeners).toBe(0)
  })
})

describe('a record that its caller changes during a request of encrypt', () => {
  type Changed = { -readonly [K in keyof KafkaRecord]: KafkaRecord[K] }
  const changes: readonly (readonly [string, (record: Changed) => void, boolean])[] = [
    ['a longer value', (record) => { record.value = new Uint8Array(500).fill(0x41) }, false],
    ['a longer value that just fits the slab', (record) => { record.value = bytes('a value of text!') }, false],
    ['a shorter value', (record) => { record.value = bytes('v') }, false],
    ['no value', (record) => { record.value = null }, false],
    ['a longer key', (record) => { record.key = bytes('a longer key') }, false],
    ['no key', (record) => { record.key = null }, false],
    ['more headers', (record) => { record.headers = [header('secret-header')] }, true],
  ]

  it.each(changes)('rejects all of them: %s', async (_, change, encryptHeaders) => {
    for (const at of [0, 1]) {
      const { encryption, admin } = await setUp({ encryptHeaders })
      const { passed, open } = gate()
      admin.faults = () => passed
      const batch = [0, 1].map((): Changed => ({ key: bytes('k'), value: bytes('a value of text') }))
      const call = encryption.encrypt('t', batch)
      await settled()
      change(batch[at]!)
      open()
      const error = await rejectionOf(call)
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
    }
  })

  it.each<[string, (record: Changed) => void]>([
    ['becomes a record', (record) => { record.value = bytes('in clear') }],
    ['gets headers that would leave in clear', (record) => { record.headers = [header('secret')] }],
  ])('rejects all of them when a tombstone %s', async (_, change) => {
    const { encryption, admin } = await setUp({ encryptHeaders: true })
    const { passed, open } = gate()
    admin.faults = () => passed
    const tombstone: Changed = { key: bytes('k'), value: null }
    const call = encryption.encrypt('t', [{ value: bytes('v') }, tombstone])
    await settled()
    change(tombstone)
    open()
    await expect(call).rejects.toThrow(new TypeError('"records[1]" expected to stay unchanged until encrypt() has ended'))
  })

  it('has what it was changed to encrypted, where the lengths are the same', async () => {
    const { encryption, admin } = await setUp()
    const { passed, open } = gate()
    admin.faults = () => passed
    const record: Changed = { key: bytes('k'), value: bytes('one') }
    const call = encryption.encrypt('t', [record])
    await settled()
    record.value = bytes('two')
    open()
    const sealed = await call
    expect(Buffer.from(sealed[0]!.value!).includes('two')).toBe(false)
    expect(textOf((await encryption.decrypt('t', sealed))[0]!.value)).toBe('two')
  })
})

describe('a record that its caller changes during a request of decrypt', () => {
  it.each<[string, (record: { value: Uint8Array | null }) => void, RegExp]>([
    ['no value', (record) => { record.value = null }, /"records\[1\]\.value" expected to stay unchanged until decrypt\(\) has ended/],
    ['a value too short to be one', (record) => { record.value = new Uint8Array(10) }, /"records\[1\]\.value" expected to stay unchanged/],
    ['other bytes', (record) => { record.value = new Uint8Array(record.value!.length).fill(1) }, /does not authenticate/],
    ['bytes changed in place', (record) => { record.value![record.value!.length - 3]! ^= 1 }, /does not authenticate/],
  ])('is refused: %s', async (_, change, message) => {
    const { encryption, admin } = await setUp()
    const sealed = (await encryption.encrypt('t', records(2))).map((record) => ({ ...record, value: new Uint8Array(record.value!) }))
    const { passed, open } = gate()
    admin.faults = () => passed
    const call = encryption.decrypt('t', sealed)
    await settled()
    change(sealed[1]!)
    open()
    await expect(call).rejects.toThrow(message)
  })

  it('does not change which EDEK is asked for', async () => {
    const { encryption, kms, admin } = await setUp()
    const [sealed] = await encryption.encrypt('t', records(1))
    const { encryption: reader } = await setUp({ kms, resilience: 'none' })
    const value = Buffer.from(sealed!.value!)
    const { passed, open } = gate()
    admin.faults = () => passed
    const call = reader.decrypt('t', [{ ...sealed!, value }])
    value.fill(7, 2, 20)
    open()
    expect(textOf((await call)[0]!.value)).toBe('value 0')
  })
})

describe('the event loop', () => {
  /** How often other work had its turn while `call` ran. */
  async function turnsDuring(call: () => Promise<unknown>): Promise<number> {
    let turns = 0
    let running = true
    const turn = (): void => {
      turns++
      if (running) setImmediate(turn)
    }
    setImmediate(turn)
    await call()
    running = false
    return turns
  }

  it('has its turn after 512 records at most, both ways', async () => {
    const { encryption } = await setUp()
    await encryption.prewarm(['t'])
    const given = records(512 * 20)
    let sealed: readonly KafkaRecord[] = []
    expect(await turnsDuring(async () => { sealed = await encryption.encrypt('t', given) })).toBeGreaterThanOrEqual(19)
    await encryption.decrypt('t', sealed.slice(0, 1))
    expect(await turnsDuring(() => encryption.decrypt('t', sealed))).toBeGreaterThanOrEqual(19)
  })

  it('has its turn after 1 MiB at most, both ways', async () => {
    const { encryption } = await setUp()
    await encryption.prewarm(['t'])
    const given = Array.from({ length: 100 }, () => ({ value: new Uint8Array(200_000) }))
    let sealed: readonly KafkaRecord[] = []
    // 6 of 200,000 bytes pass 1 MiB.
    expect(await turnsDuring(async () => { sealed = await encryption.encrypt('t', given) })).toBeGreaterThanOrEqual(16)
    await encryption.decrypt('t', sealed.slice(0, 1))
    expect(await turnsDuring(() => encryption.decrypt('t', sealed))).toBeGreaterThanOrEqual(16)
  })

  it('has its turn after each record of more than 1 MiB', async () => {
    const { encryption } = await setUp()
    await encryption.prewarm(['t'])
    const given = Array.from({ length: 5 }, () => ({ value: new Uint8Array(2 ** 20 + 1) }))
    expect(await turnsDuring(() => encryption.encrypt('t', given))).toBeGreaterThanOrEqual(4)
  })

  it('does not let batches that run at the same time mix', async () => {
    const { encryption } = await setUp()
    const batches = Array.from({ length: 8 }, (_, i) => records(1_300, 10_000 * i))
    const sealed = await Promise.all(batches.map((batch, i) => encryption.encrypt(`t${i}`, batch)))
    expect(runsOf(sealed.flat())).toEqual([8 * 1_300])
    const opened = await Promise.all(sealed.map((batch, i) => encryption.decrypt(`t${i}`, batch)))
    expect(opened.map((batch) => batch.map(({ value }) => textOf(value)))).toEqual(batches.map((batch) => batch.map(({ value }) => textOf(value))))
  })
})

describe('a KMS that is decorated already', () => {
  it('is used as it is, and resilience: none uses the bare one', async () => {
    const { kms, admin } = await setUp()
    const { encryption: bare } = await setUp({ kms, resilience: 'none' })
    const sealed = await bare.encrypt('t', records(1))
    await bare.decrypt('t', sealed)
    await bare.decrypt('t', sealed)
    expect(admin.calls).toMatchObject({ resolveKek: 3, generateDekPair: 1, decryptEdek: 2 })
    const cached = cachingKms(kms)
    const [one, two] = [(await setUp({ kms: cached })).encryption, (await setUp({ kms: cached })).encryption]
    admin.resetCalls()
    await one.decrypt('t', sealed)
    await two.decrypt('t', sealed)
    expect(admin.calls).toMatchObject({ resolveKek: 1, decryptEdek: 1 })
    await one.close()
    expect(await two.decrypt('t', sealed)).toHaveLength(1)
  })
})

describe('an EDEK that no record can hold', () => {
  it.each([0, 32_768])('of %d bytes rejects, and nothing leaves', async (length) => {
    const { kms } = await setUp()
    const odd = Object.assign(Object.create(kms) as typeof kms, {
      resolveKek: kms.resolveKek.bind(kms),
      generateDekPair: async (...args: Parameters<typeof kms.generateDekPair>) => ({ ...(await kms.generateDekPair(...args)), edek: new Uint8Array(length) }),
    })
    const { encryption } = await setUp({ kms: odd })
    await expect(encryption.encrypt('t', records(1))).rejects.toThrow(`"edek" expected 1 to 32767 bytes, got length=${length}`)
  })
})

describe('inspectRecord', () => {
  it('reads what stands outside of the encryption', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', [{ value: bytes('v'), headers: [header('h')] }])
    const info = inspectRecord({ ...sealed!, headers: sealed!.headers.toReversed() })!
    expect(info).toMatchObject({ encryptionVersion: 2, cipher: 'AES_256_GCM_128', aad: 'NONE', markerIndex: 1 })
    expect(Buffer.from(info.edek).toString('hex')).toBe(edekOf(sealed!))
    expect(info.iv).toHaveLength(12)
    expect(inspectRecord({ value: bytes('v') })).toBeUndefined()
  })

  it('refuses what is none', async () => {
    const { encryption } = await setUp()
    const [sealed] = await encryption.encrypt('t', records(1))
    const inspected = (record: KafkaRecord): Promise<string | undefined> => codeOf((async () => inspectRecord(record))())
    expect(await inspected({ ...sealed!, value: null })).toBe('RECORD_MALFORMED')
    expect(await inspected({ ...sealed!, value: sealed!.value!.slice(0, 30) })).toBe('RECORD_MALFORMED')
    expect(await inspected({ ...sealed!, headers: [{ ...sealed!.headers[0]!, value: Uint8Array.of(1) }] })).toBe('RECORD_UNSUPPORTED')
    expect(() => inspectRecord(null as never)).toThrow(TypeError)
  })
})

describe('a KMS whose kekOf fails', () => {
  it('rejects the call unless it says that the EDEK is invalid', async () => {
    const { kms, encryption: writer } = await setUp()
    const sealed = await writer.encrypt('t', records(1))
    const { encryption } = await setUp({ kms, trustedKeks: 'boundary', onDecryptError: 'skip' })
    await kms.close()
    expect(await codeOf(encryption.decrypt('t', sealed))).toBe('KMS_CLOSED')
  })
})
