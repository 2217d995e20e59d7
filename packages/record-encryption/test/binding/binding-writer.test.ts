import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { BindingWriter } from '../../src/binding/binding-writer.ts'
import type { KafkaRecord } from '../../src/index.ts'
import { trailerByHand, type HandBinding } from '../compat/by-hand.ts'

const header = (key: string, value: string | null) => ({ key, value: value === null ? null : Buffer.from(value) })

/** Writes a trailer between other bytes; what length() said is what write() takes. */
function written(writer: BindingWriter, record: KafkaRecord): string {
  const length = writer.length(record, 0)
  const bytes = Buffer.alloc(length + 2, 0xaa)
  expect(writer.write(bytes, 1, record)).toBe(length + 1)
  expect([bytes[0], bytes[length + 1]]).toEqual([0xaa, 0xaa])
  return bytes.toString('hex', 1, length + 1)
}

function byHand(binding: HandBinding): string {
  return trailerByHand(binding).toString('hex')
}

describe('BindingWriter', () => {
  it('writes topic and key of any length, null and undefined being the same', () => {
    const writer = new BindingWriter('payments.eu', { partition: false, headers: [] })
    for (const key of [new Uint8Array(), randomBytes(1), randomBytes(64), randomBytes(65), randomBytes(200)]) {
      expect(written(writer, { key, value: null })).toBe(byHand({ topic: 'payments.eu', key }))
    }
    const none = byHand({ topic: 'payments.eu', key: null })
    expect([written(writer, { key: null, value: null }), written(writer, { value: null })]).toEqual([none, none])
    expect(writer.plain).toBe(true)
  })

  it('writes the partition if the rule binds it', () => {
    const writer = new BindingWriter('t', { partition: true, headers: [] })
    for (const partition of [0, 1, 2 ** 31 - 1]) {
      expect(written(writer, { value: null, partition })).toBe(byHand({ topic: 't', key: null, partition }))
    }
    expect(writer.plain).toBe(false)
  })

  it('leaves the partition out if the rule does not bind it', () => {
    const writer = new BindingWriter('t', { partition: false, headers: [] })
    expect(written(writer, { value: null, partition: 3 })).toBe(byHand({ topic: 't', key: null }))
  })

  it('writes the digest of bound headers, with the names sorted and once', () => {
    const writer = new BindingWriter('t', { partition: false, headers: ['k€', 'a', 'none', 'a'] })
    const headers = [header('a', '1'), header('other', 'x'), header('k€', null), header('a', '')]
    expect(written(writer, { value: null, headers })).toBe(
      byHand({ topic: 't', key: null, names: ['a', 'k€', 'none'], headers }),
    )
    expect(written(writer, { value: null })).toBe(byHand({ topic: 't', key: null, names: ['a', 'k€', 'none'] }))
    expect(writer.plain).toBe(false)
  })

  it('writes everything at once', () => {
    const writer = new BindingWriter('t', { partition: true, headers: ['a'] })
    const headers = [header('a', '1')]
    const key = randomBytes(100)
    expect(written(writer, { key, value: null, partition: 5, headers })).toBe(
      byHand({ topic: 't', key, partition: 5, names: ['a'], headers }),
    )
  })

  it.each([
    ['no partition', undefined, 'undefined'],
    ['-1', -1, '-1'],
    ['a fraction', 1.5, '1.5'],
    ['2^31', 2 ** 31, '2147483648'],
    ['NaN', NaN, 'NaN'],
    ['a text', '1' as unknown as number, 'string'],
  ])('refuses to bind %s as a partition, and says which record', (_, partition, got) => {
    const writer = new BindingWriter('t', { partition: true, headers: [] })
    const message = `"records[4].partition" expected a partition, which the rule binds, got ${got}`
    expect(() => writer.length({ value: null, partition }, 4)).toThrow(new TypeError(message))
  })

  it('takes up to 1,024 bytes, and names the headers that need more', () => {
    const fits = (length: number) => new BindingWriter('t', { partition: false, headers: ['a'.repeat(length)] })
    // Start 6, key 2, tag and length 3, number of names 1, length of the name 2, digest 32.
    expect(fits(978).length({ value: null }, 0)).toBe(1_024)
    expect(() => fits(979).length({ value: null }, 0)).toThrow(TypeError)
    const names = ['first-of-the-headers', 'b'.repeat(1_000)]
    expect(() => new BindingWriter('t', { partition: false, headers: names }).length({ value: null }, 0)).toThrow(
      /^"binding\.headers" expected .*"first-of-the-headers"/,
    )
  })

  it('counts the key: a trailer that fits without it is too long with one', () => {
    const writer = new BindingWriter('t', { partition: false, headers: ['a'.repeat(978)] })
    expect(() => writer.length({ key: Uint8Array.of(1), value: null }, 0)).toThrow(TypeError)
  })
})
