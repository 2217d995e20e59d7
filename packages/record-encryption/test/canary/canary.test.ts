import { Buffer } from 'node:buffer'
import { createDecipheriv } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'
import {
  AccessDeniedError,
  AuthenticationError,
  CircuitOpenError,
  ContextUnsupportedError,
  createDek,
  createSecret,
  DekError,
  encodeEncryptionContext,
  InvalidEdekError,
  InvalidKeyUsageError,
  InvalidResponseError,
  KekMismatchError,
  KeyUnavailableError,
  KmsClosedError,
  KmsConfigError,
  KmsOverloadedError,
  KmsTimeoutError,
  KmsUnavailableError,
  ProviderError,
  ThrottledError,
  UnknownAliasError,
  UnknownKeyError,
  type DekErrorCode,
  type Kek,
  type KmsErrorDetails,
  type ProviderErrorCode,
} from '@keyfold/kms-api'
import { loadKmsProvider } from '@keyfold/kms-api/discovery'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'
import { cachingKms } from '@keyfold/kms-api/resilience'
import { createInMemoryKms } from '@keyfold/kms-inmemory'
import provider from '@keyfold/kms-inmemory/kms-provider'

import {
  createRecordEncryption,
  EncryptionClosedError,
  inspectRecord,
  RecordBindingError,
  RecordError,
  type KafkaRecord,
  type RecordErrorCode,
} from '../../src/index.ts'
import { failing, flipped, header, marker, rejectionOf, settled, setUp, testLogger } from '../records/support.ts'
import { canariesIn, printed, type Canary } from './sinks.ts'

const KEK_BYTES = Uint8Array.from({ length: 32 }, (_, i) => (i * 7 + 201) % 256)
const TOKEN = 'hvs.CANARY-token-5f3a9b-zzyzx'
const VALUE = 'CANARY-value-4111-1111-1111-1111'
const FIXED_DEK = Uint8Array.from({ length: 32 }, (_, i) => (i * 11 + 97) % 256)
const directory = mkdtempSync(join(tmpdir(), 'keyfold-canary-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

/** Reads the DEK out of an EDEK of the in-memory KMS, which only a test that knows the KEK can. */
function dekOf(edek: Uint8Array): Uint8Array {
  const [iv, wrapped] = [edek.subarray(2, 14), edek.subarray(30)]
  const decipher = createDecipheriv('aes-256-gcm', KEK_BYTES, iv, { authTagLength: 16 })
  decipher.setAuthTag(wrapped.subarray(32))
  return Buffer.concat([decipher.update(wrapped.subarray(0, 32)), decipher.final()])
}

/** A system that holds the canaries: a KEK, a DEK that it made and unwrapped, a value and its EDEK. */
async function setUpCanaries(): Promise<{
  readonly sealed: KafkaRecord
  readonly edek: Uint8Array
  readonly dek: Uint8Array
  readonly canaries: Canary[]
  readonly objects: Readonly<Record<string, object>>
}> {
  const { kms, admin } = createInMemoryKms({
    insecure: 'test-only',
    keks: [{ alias: 'kek', versions: [KEK_BYTES] }, { alias: 'other' }],
  })
  const cached = cachingKms(kms)
  const logger = testLogger()
  const encryption = await createRecordEncryption({
    kms: cached,
    logger,
    clock: new TestClock(),
    topics: [{ match: '*', kek: 'kek' }],
  })
  const [sealed] = await encryption.encrypt('t', [{ key: Buffer.from('k'), value: Buffer.from(VALUE) }])
  await encryption.decrypt('t', [sealed!])
  const edek = inspectRecord(sealed!)!.edek
  const dek = dekOf(edek)
  const kek = await cached.resolveKek('kek')
  const pair = await cached.generateDekPair(kek)
  const unwrapped = await cached.decryptEdek(kek, edek)
  const secret = createSecret({ value: TOKEN }, { baseDirectory: '/', path: 'auth.token', provider: 'inmemory' })
  await secret.reveal()
  const canaries = [
    { name: 'the DEK', bytes: dek },
    { name: 'the other DEK', bytes: dekOf(pair.edek) },
    { name: 'the KEK', bytes: KEK_BYTES },
    { name: 'the token', bytes: Buffer.from(TOKEN) },
    { name: 'the fixed DEK', bytes: FIXED_DEK },
  ]
  const objects = {
    'the in-memory KMS': kms,
    'its admin': admin,
    'the cache': cached,
    'record encryption': encryption,
    'its health': encryption.health(),
    'a generated DEK': pair.dek,
    'a DEK pair': pair,
    'an unwrapped DEK': unwrapped,
    'a lease': unwrapped.lease(),
    'a derived DEK':
      unwrapped.origin === 'unwrapped'
        ? createDek(Uint8Array.from(FIXED_DEK), 'generated').deriveDek(new Uint8Array(16), new Uint8Array())
        : unwrapped,
    'a DEK of known bytes': createDek(Uint8Array.from(FIXED_DEK), 'unwrapped'),
    'a secret': secret,
    'a KEK reference': kek,
    'options with all of it': { kms: cached, logger, secret, dek: pair.dek, encryption },
    'the provider': provider,
    'what was logged': logger.lines,
    'a class': kms.constructor,
    'a prototype': Object.getPrototypeOf(unwrapped) as object,
  }
  return { sealed: sealed!, edek, dek, canaries, objects }
}

describe('the canary test itself', () => {
  it('finds a canary in each form and in each sink', () => {
    const bytes = FIXED_DEK
    const canary = [{ name: 'it', bytes }]
    const buffer = Buffer.from(bytes)
    for (const text of [
      buffer.toString('hex'),
      buffer.toString('hex').toUpperCase(),
      buffer.toString('base64'),
      buffer.toString('base64url'),
      buffer.toString('latin1'),
      buffer.join(),
      [...bytes].join(', '),
    ]) {
      expect(canariesIn(`before ${text} after`, canary).length).toBeGreaterThan(0)
    }
    expect(canariesIn(printed({ key: bytes }), canary).length).toBeGreaterThan(0)
    expect(canariesIn(printed({ key: buffer }), canary).length).toBeGreaterThan(0)
    expect(
      canariesIn(printed(Object.assign(new Error('x'), { deep: { key: buffer.toString('base64') } })), canary).length,
    ).toBeGreaterThan(0)
    expect(
      canariesIn(printed(new Error('x', { cause: new Error(buffer.toString('hex')) })), canary).length,
    ).toBeGreaterThan(0)
    class Private {
      #key = bytes
      length = (): number => this.#key.length
    }
    expect(canariesIn(printed(new Private()), canary)).toEqual([])
  })

  it('knows the DEK', async () => {
    const { sealed, dek } = await setUpCanaries()
    const [value, at] = [Buffer.from(sealed.value!), Buffer.from(sealed.value!).length]
    const ivStart = 3 + value[1]!
    const decipher = createDecipheriv('aes-256-gcm', dek, value.subarray(ivStart, ivStart + 12), { authTagLength: 16 })
    decipher.setAuthTag(value.subarray(at - 16))
    expect(
      Buffer.concat([decipher.update(value.subarray(ivStart + 12, at - 16)), decipher.final()]).includes(VALUE),
    ).toBe(true)
  })
})

describe('no public object', () => {
  it('prints a DEK, a KEK or a token', async () => {
    const { objects, canaries } = await setUpCanaries()
    for (const [name, object] of Object.entries(objects)) {
      const text = printed(object)
      expect(text.length).toBeGreaterThan(20)
      expect([name, canariesIn(text, canaries)]).toEqual([name, []])
    }
  })
})

describe('no error', () => {
  /** All the failures that the packages can be brought to, each with the code that it must have. */
  async function failures(): Promise<readonly (readonly [code: string, error: unknown])[]> {
    const { sealed, edek } = await setUpCanaries()
    const found: (readonly [string, unknown])[] = []
    const expectFailure = async (code: string, promise: Promise<unknown>): Promise<void> => {
      found.push([code, await rejectionOf(promise)])
    }
    const kekOptions = {
      insecure: 'test-only',
      keks: [
        {
          alias: 'kek',
          versions: [KEK_BYTES],
          id: Buffer.from(edek.subarray(14, 30))
            .toString('hex')
            .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
        },
        { alias: 'other' },
      ],
    } as const
    const { kms, admin } = createInMemoryKms(kekOptions)
    const kek = await kms.resolveKek('kek')
    const other = await kms.resolveKek('other')

    // The provider's.
    await expectFailure('KMS_UNKNOWN_ALIAS', kms.resolveKek('nobody'))
    await expectFailure('KMS_INVALID_EDEK', kms.decryptEdek(kek, edek.with(40, edek[40]! ^ 1)))
    await expectFailure('KMS_INVALID_EDEK', kms.decryptEdek(kek, edek, { encryptionContext: { token: TOKEN } }))
    await expectFailure('KMS_INVALID_EDEK', (async () => kms.kekOf(edek.subarray(0, 20)))())
    await expectFailure('KMS_KEK_MISMATCH', kms.decryptEdek(other, edek))
    await expectFailure('TypeError', kms.decryptEdek(kek, Buffer.from(edek).toString('base64') as never))
    await expectFailure('TypeError', kms.generateDekPair(Buffer.from(KEK_BYTES).toString('hex') as never))
    await expectFailure('TypeError', (async () => encodeEncryptionContext({ key: KEK_BYTES as never }))())
    await expectFailure('TypeError', (async () => createDek(FIXED_DEK.slice(1), 'generated'))())
    await expectFailure('KMS_CONFIG', (async () => admin.createKek({ versions: [KEK_BYTES.slice(1)] }))())
    await expectFailure('KMS_CONFIG', (async () => admin.createKek({ alias: 'kek', versions: [KEK_BYTES] }))())
    await expectFailure('KMS_CONFIG', (async () => createInMemoryKms({ keks: [{ versions: [KEK_BYTES] }] } as never))())
    admin.disableKek('other')
    await expectFailure('KMS_KEY_UNAVAILABLE', kms.generateDekPair(other))
    admin.deleteKek('other')
    await expectFailure('KMS_UNKNOWN_KEY', kms.generateDekPair(other))

    // Configurations and secrets.
    const base64 = Buffer.from(KEK_BYTES).toString('base64')
    const id = kek.id
    writeFileSync(join(directory, 'kek'), base64)
    writeFileSync(join(directory, 'bad'), `${base64}${base64}`)
    const create = (config: object): Promise<unknown> => provider.create(config as never, { baseDirectory: directory })
    const keksOf = (version: object): object => ({
      insecure: 'test-only',
      keks: [{ id, alias: 'kek', versions: [version] }],
    })
    await expectFailure('KMS_CONFIG', create({ insecure: TOKEN, keks: [] }))
    await expectFailure('KMS_CONFIG', create(keksOf({ value: base64, file: 'kek' })))
    await expectFailure('KMS_CONFIG', create(keksOf({ value: base64.slice(4) })))
    await expectFailure('KMS_CONFIG', create(keksOf({ file: 'bad' })))
    await expectFailure('KMS_CONFIG', create(keksOf({ file: TOKEN })))
    await expectFailure('KMS_CONFIG', create(keksOf({ env: TOKEN })))
    await expectFailure('KMS_CONFIG', create({ ...keksOf({ value: base64 }), token: TOKEN }))
    await expectFailure('KMS_CONFIG', create({ insecure: 'test-only', keks: [{ id: base64, versions: [base64] }] }))
    const secretOf = (config: object): Promise<string> =>
      createSecret(config as never, { baseDirectory: directory, path: 'auth.token', provider: 'inmemory' }).reveal()
    await expectFailure('KMS_CONFIG', (async () => secretOf({ value: TOKEN, env: TOKEN }))())
    await expectFailure('KMS_CONFIG', (async () => secretOf({ value: [TOKEN] }))())
    await expectFailure('KMS_CONFIG', secretOf({ env: TOKEN }))
    await expectFailure('KMS_CONFIG', secretOf({ file: TOKEN }))
    await expectFailure('PROVIDER_BAD_NAME', loadKmsProvider('../x', { from: import.meta.url }))
    await expectFailure('PROVIDER_NOT_INSTALLED', loadKmsProvider('not-there', { from: import.meta.url }))

    // Record encryption's.
    const policies = {
      limits: { bytes: 4_096 },
      topics: [
        { match: 'clear', plaintext: 'allow' },
        { match: 'no-tombstones', kek: 'kek', tombstones: 'reject' },
        { match: 'boundary', kek: 'kek', trustedKeks: 'boundary' },
        { match: 'foreign', kek: 'third' },
        { match: 't', kek: 'kek' },
        { match: 'gone', kek: 'gone' },
      ],
    } as const
    const third = admin.createKek({ alias: 'third' })
    const encryption = await createRecordEncryption({ kms: admin.connect(), ...policies })
    const [foreign] = await encryption.encrypt('foreign', [{ value: Buffer.from(VALUE) }])
    const plain = { key: Buffer.from('k'), value: Buffer.from(VALUE), partition: 1, offset: 5n }
    await expectFailure('RECORD_PLAINTEXT', encryption.decrypt('t', [plain]))
    await expectFailure('RECORD_MARKED', encryption.decrypt('clear', [sealed]))
    await expectFailure('RECORD_NESTED', encryption.decrypt('t', [{ ...sealed, headers: [marker(), marker()] }]))
    await expectFailure('RECORD_NESTED', encryption.encrypt('t', [sealed]))
    await expectFailure('RECORD_TOMBSTONE', encryption.encrypt('no-tombstones', [plain, { value: null }]))
    await expectFailure('RECORD_NO_RULE', encryption.encrypt('elsewhere', [plain]))
    await expectFailure('RECORD_TOO_LARGE', encryption.encrypt('t', [{ value: Buffer.from(VALUE.repeat(200)) }]))
    await expectFailure(
      'RECORD_MALFORMED',
      encryption.decrypt('t', [{ ...sealed, value: sealed.value!.subarray(0, 60) }]),
    )
    await expectFailure(
      'RECORD_UNSUPPORTED',
      encryption.decrypt('t', [{ ...sealed, headers: [marker(Uint8Array.of(9))] }]),
    )
    await expectFailure('RECORD_AUTHENTICATION', encryption.decrypt('t', [flipped(sealed, -1)]))
    await expectFailure('RECORD_EDEK_INVALID', encryption.decrypt('t', [flipped(sealed, 2 + sealed.value![1]! - 1)]))
    await expectFailure('RECORD_BINDING', encryption.decrypt('t', [{ ...sealed, key: Buffer.from('another') }]))
    await expectFailure('RECORD_KEK_UNTRUSTED', encryption.decrypt('t', [foreign!]))
    admin.deleteKek(third)
    await expectFailure('RECORD_KEY_GONE', encryption.decrypt('boundary', [foreign!]))
    await expectFailure('KMS_UNKNOWN_ALIAS', encryption.encrypt('gone', [plain]))
    await expectFailure('AggregateError', encryption.prewarm(['gone', 'elsewhere', 't']))
    await expectFailure('TypeError', encryption.encrypt('t', [{ value: VALUE as never }]))
    await expectFailure('TypeError', encryption.encrypt('t', [{ value: null, key: TOKEN as never }]))
    await expectFailure(
      'TypeError',
      encryption.encrypt('t', [{ value: null, headers: [{ key: 'a', value: TOKEN as never }] }]),
    )
    await expectFailure('TypeError', encryption.encrypt('t', TOKEN as never))
    await expectFailure(
      'TypeError',
      createRecordEncryption({ kms, topics: [{ match: '*', kek: 'kek' }], limits: { records: TOKEN as never } }),
    )
    await expectFailure(
      'TypeError',
      createRecordEncryption({ kms, topics: [{ match: '*', kek: 'kek' }], binding: { read: TOKEN as never } }),
    )
    await expectFailure(
      'TypeError',
      createRecordEncryption({ kms, topics: [{ match: '*', kek: 'kek' }], secret: TOKEN } as never),
    )
    for (const operation of ['generateDekPair', 'resolveKek', 'decryptEdek'] as const) {
      const { kms: client, admin: faulty } = createInMemoryKms(kekOptions)
      faulty.faults = failing(operation, new KmsUnavailableError({ provider: 'inmemory', operation }))
      const down = await createRecordEncryption({ kms: client, topics: [{ match: '*', kek: 'kek' }] })
      await expectFailure(
        'KMS_UNAVAILABLE',
        operation === 'generateDekPair' ? down.encrypt('t', [plain]) : down.decrypt('t', [sealed]),
      )
    }
    await encryption.close()
    await expectFailure('ENCRYPTION_CLOSED', encryption.encrypt('t', [plain]))

    // Misuse of a DEK.
    const dek = createDek(Uint8Array.from(FIXED_DEK), 'unwrapped')
    const misuse = (code: string, use: () => unknown): Promise<void> => expectFailure(code, (async () => use())())
    await misuse('DEK_CLAIMED', () => dek.openRegions(new Uint8Array(9), new Uint32Array(4), 1, new Uint8Array(1)))
    await misuse('DEK_DECRYPT_ONLY', () => {
      dek.sealRegions(new Uint8Array(9), new Uint32Array(4), 1)
    })
    await misuse('RangeError', () => dek.deriveDek(FIXED_DEK, new Uint8Array(2_000)))
    const generated = createDek(Uint8Array.from(FIXED_DEK), 'generated')
    generated.claim('records', { maxRecords: 1 })
    await misuse('RangeError', () => {
      generated.sealRegions(Buffer.from(VALUE), Uint32Array.of(0, 12, 500, 0), 1)
    })
    await misuse('DEK_EXHAUSTED', () => {
      generated.sealRegions(new Uint8Array(99), new Uint32Array(8), 2)
    })
    generated.destroy()
    await misuse('DEK_DESTROYED', () => generated.lease())
    await misuse('DataCloneError', () => structuredClone(dek))
    await kms.close()
    await expectFailure('KMS_CLOSED', kms.resolveKek('kek'))
    return found
  }

  it('prints a DEK, a KEK, a token, a value or an EDEK, nor do its causes', async () => {
    const { canaries, edek } = await setUpCanaries()
    const all = [...canaries, { name: 'the value', bytes: Buffer.from(VALUE) }]
    const seen: string[] = []
    for (const [code, error] of await failures()) {
      expect(error).toBeInstanceOf(Error)
      const { name, code: got } = error as Error & { readonly code?: string | number }
      expect([code, name]).toContain(typeof got === 'string' ? got : name)
      const text = printed(error)
      expect(text).toContain((error as Error).message)
      expect([code, canariesIn(text, all)]).toEqual([code, []])
      // The KEK's id may be printed; what is wrapped may not.
      expect([code, canariesIn(text, [{ name: 'an EDEK', bytes: edek.subarray(30) }])]).toEqual([code, []])
      seen.push(code)
    }
    expect(seen.length).toBeGreaterThan(60)
  })

  it('of any class and code prints what its cause had to leave behind', () => {
    const canaries = [
      { name: 'the token', bytes: Buffer.from(TOKEN) },
      { name: 'the KEK', bytes: KEK_BYTES },
    ]
    const kek: Kek = { provider: 'p', id: 'an-id', version: '1', wrapping: 'authenticated' }
    // What vendors throw: request, response and credentials hang on the error.
    const vendor = Object.assign(
      new Error(`401 for ${TOKEN}`, { cause: Object.assign(new Error(TOKEN), { code: TOKEN, body: TOKEN }) }),
      {
        name: 'VendorError',
        code: 'ECONNRESET',
        config: { headers: { 'X-Vault-Token': TOKEN } },
        response: {
          status: 401,
          body: Buffer.from(KEK_BYTES).toString('base64'),
          data: { key: Buffer.from(KEK_BYTES) },
        },
        $metadata: { httpStatusCode: 401, token: TOKEN },
      },
    )
    expect(canariesIn(printed(vendor), canaries).length).toBeGreaterThan(0)
    const details: KmsErrorDetails = {
      provider: 'p',
      operation: 'decryptEdek',
      kek,
      status: 401,
      retryAfterMs: 5,
      cause: sanitizeCause(vendor),
    }
    const dekCodes: DekErrorCode[] = [
      'DEK_DESTROYED',
      'DEK_CLAIMED',
      'DEK_EXHAUSTED',
      'DEK_DECRYPT_ONLY',
      'DEK_SNAPSHOT',
    ]
    const providerCodes: ProviderErrorCode[] = [
      'PROVIDER_BAD_NAME',
      'PROVIDER_NOT_INSTALLED',
      'PROVIDER_NOT_A_PROVIDER',
      'PROVIDER_CONTRACT',
      'PROVIDER_LOAD_FAILED',
    ]
    const recordCodes: RecordErrorCode[] = [
      'RECORD_MALFORMED',
      'RECORD_UNSUPPORTED',
      'RECORD_AUTHENTICATION',
      'RECORD_BINDING',
      'RECORD_PLAINTEXT',
      'RECORD_MARKED',
      'RECORD_NESTED',
      'RECORD_TOMBSTONE',
      'RECORD_KEK_UNTRUSTED',
      'RECORD_EDEK_INVALID',
      'RECORD_KEY_GONE',
      'RECORD_DISTRUSTED',
      'RECORD_TOO_LARGE',
      'RECORD_NO_RULE',
    ]
    const invalid = new InvalidEdekError(details)
    const errors = [
      new UnknownAliasError('a', details),
      new UnknownKeyError(details),
      new KeyUnavailableError('disabled', details),
      new InvalidKeyUsageError('x', details),
      new AccessDeniedError(details),
      new AuthenticationError(details),
      invalid,
      new KekMismatchError(details),
      new ContextUnsupportedError(details),
      new ThrottledError(details),
      new KmsUnavailableError(details),
      new KmsTimeoutError(5, details),
      new CircuitOpenError(details),
      new KmsOverloadedError(details),
      new InvalidResponseError('x', details),
      new KmsConfigError('p', 'expected x', details),
      new KmsClosedError(details),
      ...dekCodes.map((code) => new DekError(code)),
      ...providerCodes.map((code) => new ProviderError(code, 'x', 'message', { cause: sanitizeCause(vendor) })),
      ...recordCodes.map(
        (code) => new RecordError(code, 'message', { topic: 't', index: 0, partition: 1, offset: 2, cause: invalid }),
      ),
      new RecordBindingError('topic', 'other', 'message', { topic: 't', index: 0, cause: invalid }),
      new EncryptionClosedError(),
      new AggregateError([new UnknownKeyError(details)], 'message'),
    ]
    expect(errors).toHaveLength(17 + 5 + 5 + 14 + 3)
    for (const error of errors) {
      const text = printed(error)
      expect(text).toContain(error.name)
      expect([error.name, canariesIn(text, canaries)]).toEqual([error.name, []])
    }
  })
})

describe('no line of the log', () => {
  it('of a refresh that fails, or of clocks that part, holds a canary', async () => {
    const { encryption, admin, clock, logger } = await setUp({ trustedKeks: 'boundary' })
    const [sealed] = await encryption.encrypt('t', [{ value: Buffer.from(VALUE), headers: [header('h', TOKEN)] }])
    admin.faults = failing('generateDekPair', Object.assign(new Error(TOKEN), { dek: FIXED_DEK, code: 'X' }))
    clock.pass(3_600_000)
    await encryption.encrypt('t', [{ value: Buffer.from(VALUE) }])
    await settled()
    clock.wall += 10_000
    await rejectionOf(encryption.encrypt('t', [{ value: Buffer.from(VALUE) }]))
    expect(logger.lines).toHaveLength(3)
    const canaries = [
      { name: 'the value', bytes: Buffer.from(VALUE) },
      { name: 'the token', bytes: Buffer.from(TOKEN) },
      { name: 'the DEK', bytes: FIXED_DEK },
      { name: 'the EDEK', bytes: inspectRecord(sealed!)!.edek.subarray(30) },
    ]
    for (const line of logger.lines) expect(canariesIn(printed(line), canaries)).toEqual([])
    expect(canariesIn(printed(encryption.health()), canaries)).toEqual([])
  })
})
