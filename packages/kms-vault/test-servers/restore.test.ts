import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { describe, expect, inject, it, onTestFinished } from 'vitest'

import {
  createRecordEncryption,
  type KafkaRecord,
  type RecordEncryption,
  type RecordEncryptionOptions,
} from '@keyfold/record-encryption'
import { titleOf } from '@keyfold/servers/testing'

import { encodeEdek } from '../src/edek.ts'
import { connect } from './support/least.ts'
import { rolePolicy } from './support/role-policy.ts'
import { Root } from './support/root.ts'

const vault = inject('vault')
const TOPIC = 'payments'
const SECOND = 1_000

/** The process's clocks, which a test can put forward. */
class Clock {
  #ahead = 0
  now = (): number => Date.now() + this.#ahead
  monotonic = (): number => performance.now() + this.#ahead
  pass(ms: number): void {
    this.#ahead += ms
  }
}

interface Stage {
  readonly clock: Clock
  readonly errors: string[]
  /** Of version 1, which every backup holds. */
  readonly good: readonly KafkaRecord[]
  /** Of version 2, which the backup does not hold. */
  readonly lost: KafkaRecord
  /** Names version 999, and was never encrypted by anybody. */
  readonly forged: KafkaRecord
  readonly writer: RecordEncryption
  restore(): Promise<void>
  /** What a process has that starts now. */
  reader(options?: Partial<RecordEncryptionOptions>): Promise<RecordEncryption>
}

/** Backup, rotate, encrypt: what follows is the restore. */
async function stage(): Promise<Stage> {
  const root = new Root(vault.url ?? '', vault.rootToken ?? '')
  const mount = `kf-${randomBytes(6).toString('hex')}`
  await root.mountTransit(mount)
  await root.call('POST', `${mount}/keys/orders`, { exportable: true, allow_plaintext_backup: true })
  await root.writePolicy(mount, rolePolicy({ mount, keys: ['orders'] }))
  const token = await root.createToken([mount])
  const clock = new Clock()
  const errors: string[] = []
  const quiet = (): void => undefined
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (_: object, text = '') => errors.push(text) }
  const reader = async (options: Partial<RecordEncryptionOptions> = {}): Promise<RecordEncryption> => {
    const kms = await connect(root, mount, { method: 'token', token: { value: token }, renew: false })
    const encryption = await createRecordEncryption({
      kms,
      clock,
      logger,
      topics: [{ match: '*', kek: 'orders' }],
      ...options,
    })
    onTestFinished(() => encryption.close())
    return encryption
  }
  const backup = (await root.call('GET', `${mount}/backup/orders`)) as { readonly data: { readonly backup: string } }
  const good = await (await reader()).encrypt(TOPIC, [record('a'), record('b')])
  await root.call('POST', `${mount}/keys/orders/rotate`, {})
  const writer = await reader()
  const [lost] = await writer.encrypt(TOPIC, [record('c')])
  return {
    clock,
    errors,
    good,
    lost: lost!,
    forged: forgery(good[0]!),
    writer,
    reader,
    async restore() {
      await root.call('POST', `${mount}/keys/orders/config`, { deletion_allowed: true })
      await root.call('DELETE', `${mount}/keys/orders`)
      await root.call('POST', `${mount}/restore/orders`, { backup: backup.data.backup })
    },
  }
}

function record(text: string): KafkaRecord {
  return { key: null, value: Buffer.from(text), headers: [] }
}

/** A record with the headers of another, and an EDEK that names a version that nobody has made. */
function forgery({ headers }: KafkaRecord): KafkaRecord {
  const ciphertext = Buffer.from(`vault:v999:${randomBytes(60).toString('base64')}`)
  const edek = encodeEdek({ bound: false, keyName: 'orders', ciphertext })
  const value = Buffer.concat([Uint8Array.of(0, edek.length), edek, Uint8Array.of(0), randomBytes(64)])
  return { key: null, value, headers: headers ?? [] }
}

/** How many records are delivered, or the code that the batch is rejected with. */
async function outcome(encryption: RecordEncryption, records: readonly KafkaRecord[]): Promise<number | string> {
  return await encryption.decrypt(TOPIC, records).then(
    (delivered) => delivered.length,
    (error: unknown) => (error as { readonly code: string }).code,
  )
}

const codes: string[] = []
const handler: RecordEncryptionOptions['onDecryptError'] = (_, error) => {
  codes.push(error.code)
  return undefined
}

/** For each policy: what becomes of a batch of two good records and one of an unknown version, after 30 seconds. */
const POLICIES: readonly (readonly [string, Partial<RecordEncryptionOptions>, number | string])[] = [
  ['throw', { onDecryptError: 'throw' }, 'RECORD_KEY_AHEAD'],
  ['skip', { onDecryptError: 'skip' }, 'RECORD_KEY_AHEAD'],
  ['raw', { onDecryptError: 'raw' }, 'RECORD_KEY_AHEAD'],
  ['a handler that drops', { onDecryptError: handler }, 2],
  ['throw and onKeyAhead: record', { onDecryptError: 'throw', onKeyAhead: 'record' }, 'RECORD_KEY_AHEAD'],
  ['skip and onKeyAhead: record', { onDecryptError: 'skip', onKeyAhead: 'record' }, 2],
  ['raw and onKeyAhead: record', { onDecryptError: 'raw', onKeyAhead: 'record' }, 3],
  ['skip and onKeyAhead: reject', { onDecryptError: 'skip', onKeyAhead: 'reject' }, 'KMS_KEY_VERSION_AHEAD'],
  ['a handler and onKeyAhead: reject', { onDecryptError: handler, onKeyAhead: 'reject' }, 'KMS_KEY_VERSION_AHEAD'],
]

describe.skipIf(vault.missing !== undefined)(titleOf('a key that is restored from an old backup', vault), () => {
  it.each(POLICIES)('with %s, for a process that starts after the restore', async (_, options, later) => {
    const { clock, good, lost, forged, restore, reader } = await stage()
    await restore()
    for (const ahead of [lost, forged]) {
      const encryption = await reader(options)
      const batch = [good[0]!, ahead, good[1]!]
      expect(await outcome(encryption, batch)).toBe('KMS_KEY_VERSION_AHEAD')
      clock.pass(31 * SECOND)
      expect(await outcome(encryption, batch)).toBe(later)
      expect(await outcome(encryption, [good[0]!, good[1]!])).toBe(2)
    }
    expect(codes.splice(0)).toEqual(
      later === 2 && 'onDecryptError' in options && options.onDecryptError === handler
        ? ['RECORD_KEY_AHEAD', 'RECORD_KEY_AHEAD']
        : [],
    )
  })

  it.each(['throw', 'skip', 'raw'] as const)(
    'with %s, for a process that has seen the lost version: the batch is rejected until the version is back',
    async (onDecryptError) => {
      const { clock, good, lost, restore, reader } = await stage()
      const encryption = await reader({ onDecryptError, onKeyAhead: 'record' })
      await encryption.prewarm([TOPIC])
      await restore()
      for (const seconds of [0, 31, 4_000]) {
        clock.pass(seconds * SECOND)
        expect(await outcome(encryption, [good[0]!, lost, good[1]!])).toBe('KMS_KEY_VERSION_AHEAD')
      }
    },
  )

  it('is not encrypted to under the version that is lost: the DEK in use is dropped, and an error logged', async () => {
    const { clock, errors, writer, restore, reader } = await stage()
    await restore()
    clock.pass(11 * 60 * SECOND)
    await writer.encrypt(TOPIC, [record('refreshes the KEK')])
    await expect
      .poll(async () => await outcome(await reader(), await writer.encrypt(TOPIC, [record('d')])), {
        timeout: 10_000,
      })
      .toBe(1)
    expect(errors).toEqual(expect.arrayContaining([expect.stringMatching(/version|behind/i)]))
  })

  it('and whose versions are all there makes nothing of a forged version but a verdict about the record', async () => {
    const { clock, good, forged, lost, reader } = await stage()
    const encryption = await reader({ onDecryptError: 'skip', onKeyAhead: 'record' })
    expect(await outcome(encryption, [good[0]!, lost])).toBe(2)
    expect(await outcome(encryption, [good[0]!, forged])).toBe('KMS_KEY_VERSION_AHEAD')
    clock.pass(31 * SECOND)
    expect(await outcome(encryption, [good[0]!, forged, lost])).toBe(2)
  })
})
