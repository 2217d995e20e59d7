import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import type { KafkaRecord } from '../../src/index.ts'
import { bytes, flipped, gate, header, headersOf, records, settled, setUp, textOf } from './support.ts'

type Changed = { -readonly [K in keyof KafkaRecord]: KafkaRecord[K] }

/** Calls `begin` while the KMS is asked, lets `change` happen, and goes on. */
async function duringRequest<T>(
  admin: Awaited<ReturnType<typeof setUp>>['admin'],
  begin: () => Promise<T>,
  change: () => void,
): Promise<T> {
  const { passed, open } = gate()
  admin.faults = () => passed
  const call = begin()
  await settled()
  change()
  open()
  return call
}

/** A view of 4 bytes that follows its buffer when that is resized. */
function resizable(): Uint8Array<ArrayBuffer> {
  const buffer = new ArrayBuffer(4, { maxByteLength: 16 })
  return new Uint8Array(buffer).fill(0x61)
}

function resizableRecord() {
  return {
    key: resizable(),
    value: resizable(),
    headers: [
      { key: 'a', value: resizable() },
      { key: 'b', value: resizable() },
    ],
  }
}

function transferAway({ buffer }: Uint8Array): void {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
}

describe('a record that its caller changes during a request of encrypt', () => {
  const changes: readonly (readonly [string, (record: Changed) => void])[] = [
    [
      'a longer value',
      (record) => {
        record.value = new Uint8Array(500).fill(0x41)
      },
    ],
    [
      'a shorter value',
      (record) => {
        record.value = bytes('v')
      },
    ],
    [
      'no value',
      (record) => {
        record.value = null
      },
    ],
    [
      'another value of the same length',
      (record) => {
        record.value = bytes('A VALUE OF TEXT')
      },
    ],
    [
      'a longer key',
      (record) => {
        record.key = bytes('a longer key')
      },
    ],
    [
      'no key',
      (record) => {
        record.key = null
      },
    ],
    [
      'other headers',
      (record) => {
        record.headers = [header('secret-header')]
      },
    ],
    [
      'headers added in place',
      (record) => {
        ;(record.headers as unknown[]).push(header('secret-header'))
      },
    ],
  ]

  it.each(changes)('leaves as it was when the call began: %s', async (_, change) => {
    for (const encryptHeaders of [false, true]) {
      const { encryption, admin } = await setUp({ encryptHeaders })
      const batch = [0, 1].map((): Changed => ({
        key: bytes('k'),
        value: bytes('a value of text'),
        headers: [header('h')],
      }))
      const sealed = await duringRequest(
        admin,
        () => encryption.encrypt('t', batch),
        () => {
          change(batch[1]!)
        },
      )
      admin.faults = undefined
      // As it left: nothing is put back.
      const opened = await encryption.decrypt('t', sealed)
      expect(opened.map(({ key }) => textOf(key ?? null))).toEqual(['k', 'k'])
      expect(opened.map(({ keyfold }) => keyfold.bound)).toEqual([
        ['topic', 'key'],
        ['topic', 'key'],
      ])
      expect(opened.map(({ value }) => textOf(value))).toEqual(['a value of text', 'a value of text'])
      expect(opened.map(headersOf)).toEqual([[['h', 'x']], [['h', 'x']]])
    }
  })

  it.each<[string, (record: Changed) => void]>([
    [
      'becomes a record',
      (record) => {
        record.value = bytes('in clear')
      },
    ],
    [
      'gets headers that would leave in clear',
      (record) => {
        record.headers = [header('secret')]
      },
    ],
  ])('leaves as the tombstone that it was when it %s', async (_, change) => {
    const { encryption, admin } = await setUp({ encryptHeaders: true })
    const tombstone: Changed = { key: bytes('k'), value: null }
    const sealed = await duringRequest(
      admin,
      () => encryption.encrypt('t', [{ value: bytes('v') }, tombstone]),
      () => {
        change(tombstone)
      },
    )
    expect(sealed[1]).toMatchObject({ value: null, headers: [] })
  })

  it('never leaves in clear because its value is computed and computes something else later', async () => {
    const { encryption } = await setUp()
    let reads = 0
    const lazy = {
      key: bytes('k'),
      get value(): Uint8Array | null {
        return reads++ < 3 ? null : bytes('in clear')
      },
    }
    const [alone] = await encryption.encrypt('t', [lazy])
    expect(alone!.value).toBeNull()
    reads = 0
    expect((await encryption.encrypt('t', [{ value: bytes('v') }, lazy]))[1]!.value).toBeNull()
  })

  it('does not matter when records are added to the array, or taken out of it', async () => {
    const { encryption, admin } = await setUp()
    for (const change of [
      (queue: KafkaRecord[]) => queue.push({ value: bytes('later') }),
      (queue: KafkaRecord[]) => queue.pop(),
    ]) {
      await encryption.rotate()
      const queue = records(2)
      const sealed = await duringRequest(
        admin,
        () => encryption.encrypt('t', queue),
        () => {
          change(queue)
        },
      )
      admin.faults = undefined
      expect((await encryption.decrypt('t', sealed)).map(({ value }) => textOf(value))).toEqual(['value 0', 'value 1'])
    }
  })

  it.each<[string, (record: ReturnType<typeof resizableRecord>) => void]>([
    [
      'value',
      ({ value }) => {
        transferAway(value)
      },
    ],
    [
      'key',
      ({ key }) => {
        transferAway(key)
      },
    ],
    [
      'headers',
      ({ headers }) => {
        transferAway(headers[0]!.value)
      },
    ],
    [
      'value',
      ({ value }) => {
        value.buffer.resize(3)
      },
    ],
    [
      'key',
      ({ key }) => {
        key.buffer.resize(9)
      },
    ],
    [
      'headers',
      ({ headers }) => {
        // One more here, one fewer there: together they are as many as before.
        headers[0]!.value.buffer.resize(3)
        headers[1]!.value.buffer.resize(5)
      },
    ],
    [
      'value',
      ({ key, value }) => {
        value.buffer.resize(3)
        key.buffer.resize(5)
      },
    ],
  ])('rejects the call, naming %s, when its bytes are more or fewer than before', async (field, change) => {
    for (const encryptHeaders of [false, true]) {
      const { encryption, admin } = await setUp({ encryptHeaders })
      const batch = [resizableRecord(), resizableRecord()]
      const call = duringRequest(
        admin,
        () => encryption.encrypt('t', batch),
        () => {
          change(batch[1]!)
        },
      )
      await expect(call).rejects.toThrow(
        new TypeError(`"records[1].${field}" must keep its length until the call has settled`),
      )
    }
  })

  it('is encrypted with the bytes that it has when its turn comes, and leaves with them', async () => {
    const { encryption, admin } = await setUp()
    const record = resizableRecord()
    const [sealed] = await duringRequest(
      admin,
      () => encryption.encrypt('t', [record]),
      () => {
        for (const array of [record.key, record.value]) array.fill(0x41)
      },
    )
    admin.faults = undefined
    const [opened] = await encryption.decrypt('t', [sealed!])
    expect([textOf(opened!.key), textOf(opened!.value)]).toEqual(['AAAA', 'AAAA'])
  })
})

describe('a record that its caller changes during a request of decrypt', () => {
  const fresh = async () => {
    const { encryption, kms, admin } = await setUp()
    const sealed = (await encryption.encrypt('t', records(2))).map((record) => ({
      ...record,
      value: new Uint8Array(record.value!),
    }))
    const { encryption: reader } = await setUp({ kms, resilience: 'none' })
    return { reader, admin, sealed }
  }

  it.each<[string, (record: { value: Uint8Array | null }) => void]>([
    [
      'no value',
      (record) => {
        record.value = null
      },
    ],
    [
      'a shorter value',
      (record) => {
        record.value = new Uint8Array(10)
      },
    ],
    [
      'another value',
      (record) => {
        record.value = bytes('in clear')
      },
    ],
  ])('is opened as it was when the call began: %s', async (_, change) => {
    const { reader, admin, sealed } = await fresh()
    const opened = await duringRequest(
      admin,
      () => reader.decrypt('t', sealed),
      () => {
        change(sealed[1]!)
      },
    )
    expect(opened.map(({ value }) => textOf(value))).toEqual(['value 0', 'value 1'])
  })

  it('is returned with the key, the headers and the place that it had when the call began', async () => {
    const { reader, admin, sealed } = await fresh()
    const batch = sealed.map((record, i) => ({
      ...record,
      headers: [...record.headers],
      partition: 1,
      offset: BigInt(i),
      timestamp: '7',
    }))
    const opened = await duringRequest(
      admin,
      () => reader.decrypt('t', batch),
      () => {
        Object.assign(batch[1]!, { key: bytes('other'), partition: 2, offset: 9n, timestamp: '8' })
        batch[1]!.headers.push(header('late'))
      },
    )
    expect(opened[1]).toMatchObject({ partition: 1, offset: 1n, timestamp: '7', keyfold: { bound: ['topic', 'key'] } })
    expect([textOf(opened[1]!.key), headersOf(opened[1]!)]).toEqual(['key 1', []])
  })

  it('is handed on as it was when it was rejected, by raw and by a handler that returns it', async () => {
    const { encryption, kms, admin } = await setUp()
    const [good] = await encryption.encrypt('t', records(1))
    for (const onDecryptError of ['raw', (record: KafkaRecord) => record] as const) {
      const { encryption: reader } = await setUp({ kms, resilience: 'none', onDecryptError })
      const bad: Changed = flipped({ ...good! }, -1)
      const before = { ...bad }
      const opened = await duringRequest(
        admin,
        () => reader.decrypt('t', [bad]),
        () => {
          Object.assign(bad, { key: bytes('other'), value: bytes('in clear'), headers: [] })
        },
      )
      expect(opened).toEqual([{ ...before, keyfold: { status: 'undecrypted', bound: [] } }])
    }
  })

  it('is rejected when its bytes were changed in place, or transferred away', async () => {
    const { reader, admin, sealed } = await fresh()
    const change = () => {
      sealed[1]!.value[sealed[1]!.value.length - 3]! ^= 1
    }
    await expect(duringRequest(admin, () => reader.decrypt('t', sealed), change)).rejects.toThrow(
      /does not authenticate/,
    )
    const again = await fresh()
    const transfer = () => {
      structuredClone(again.sealed[1]!.value, { transfer: [again.sealed[1]!.value.buffer] })
    }
    await expect(duringRequest(again.admin, () => again.reader.decrypt('t', again.sealed), transfer)).rejects.toThrow(
      TypeError,
    )
  })

  it('is no tombstone that becomes plaintext', async () => {
    const { reader, admin, sealed } = await fresh()
    const tombstone: Changed = { key: bytes('k'), value: null }
    const opened = await duringRequest(
      admin,
      () => reader.decrypt('t', [sealed[0]!, tombstone]),
      () => {
        tombstone.value = bytes('in clear')
      },
    )
    expect(opened[1]).toMatchObject({ value: null, keyfold: { status: 'clear' } })
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
