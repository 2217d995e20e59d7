import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { KafkaRecord } from '../../src/index.ts'
import { bytes, gate, header, records, rejectionOf, settled, setUp, textOf } from './support.ts'

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
