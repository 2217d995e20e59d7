import { Buffer } from 'node:buffer'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { describeType } from '../../src/index.ts'
import {
  assertEdek,
  assertKek,
  assertKekSelector,
  createUuid,
  decodeBase64,
  formatUuid,
  parseUuid,
} from '../../src/provider-kit/index.ts'
import { properties } from '../properties.ts'

const kek = { provider: 'example', id: 'k', wrapping: 'authenticated' }
/** Values of every wrong type, with how messages name them. */
const WRONG: [unknown, string][] = [
  [undefined, 'undefined'],
  [null, 'null'],
  [0, 'number'],
  [NaN, 'number'],
  [true, 'boolean'],
  [1n, 'bigint'],
  [Symbol('x'), 'symbol'],
  [() => 1, 'function'],
  [[], 'Array'],
  [{}, 'object'],
  [new Map(), 'object'],
  [new Uint8Array(1), 'Uint8Array'],
  [Buffer.alloc(1), 'Uint8Array'],
  ['', 'an empty string'],
  ['text', 'string'],
]

describe('arguments', () => {
  it.each(WRONG)('%o is named %s in messages', (value, name) => {
    expect(describeType(value)).toBe(name)
  })

  it.each(WRONG.filter(([, name]) => name !== 'string'))('%o is refused as a selector', (value, name) => {
    expect(() => {
      assertKekSelector(value)
    }).toThrow(new TypeError(`"kekSelector" expected a non-empty string, got ${name}`))
  })

  it.each(WRONG.filter(([, name]) => name !== 'Uint8Array'))('%o is refused as an EDEK', (value, name) => {
    expect(() => {
      assertEdek(value)
    }).toThrow(new TypeError(`"edek" expected a Uint8Array, got ${name}`))
  })

  it.each(WRONG)('%o is refused as a KEK', (value) => {
    expect(() => {
      assertKek(value)
    }).toThrow(TypeError)
  })

  it('are refused as a KEK when a field is of the wrong type, which is named', () => {
    for (const field of ['provider', 'id', 'wrapping']) {
      expect(() => {
        assertKek({ ...kek, [field]: 5 })
      }).toThrow(new TypeError(`"kek.${field}" expected a string, got number`))
    }
  })

  it('of the right type are accepted', () => {
    assertKekSelector('alias')
    assertKek(kek)
    assertEdek(Buffer.alloc(0))
  })
})

describe('UUIDs', () => {
  it('are created at random, of version 4', () => {
    const made = Array.from({ length: 50 }, () => createUuid())
    expect(new Set(made).size).toBe(50)
    for (const uuid of made)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('are read and written in their canonical form', () => {
    const text = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'
    const bytes = parseUuid(text) as Uint8Array
    expect(Buffer.from(bytes).toString('hex')).toBe('0a1b2c3d4e5f60718293a4b5c6d7e8f9')
    expect(bytes.buffer.byteLength).toBe(16)
    expect(formatUuid(bytes)).toBe(text)
    expect(formatUuid(new Uint8Array([9, ...bytes, 9]).subarray(1, 17))).toBe(text)
  })

  it.each([
    '',
    '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
    '0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9',
    '{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}',
    '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\n',
    '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f',
    '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8fg',
    'a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
    'urn:uuid:0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
  ])('are not read from %j', (text) => {
    expect(parseUuid(text)).toBeUndefined()
  })

  it.each([0, 15, 17])('are not written from %i bytes', (length) => {
    expect(() => formatUuid(new Uint8Array(length))).toThrow(RangeError)
  })

  it('come back whatever their bytes', () => {
    properties(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(parseUuid(formatUuid(bytes))).toEqual(bytes)
      }),
    )
  })
})

describe('base64', () => {
  it.each([
    'A',
    'AA',
    'AAA',
    'AA=',
    'A===',
    '====',
    'AB==',
    'AAB=',
    'AA==\n',
    ' AA==',
    'AAAA AAAA',
    'AA-_',
    'AA==AAAA',
    'A=A=',
    'AAA*',
    'é===',
    'AAAAé',
    'AAA\0',
  ])('is not read from %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined()
  })

  it('comes back whatever its bytes, in memory that is not shared', () => {
    properties(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const decoded = decodeBase64(Buffer.from(bytes).toString('base64')) as Uint8Array
        expect(decoded).toEqual(bytes)
        expect(decoded.buffer.byteLength).toBe(bytes.length)
      }),
    )
  })

  it('has one form for each sequence of bytes', () => {
    properties(
      fc.property(fc.base64String({ maxLength: 12 }), fc.string({ maxLength: 12 }), (base64, any) => {
        for (const text of [base64, any]) {
          const decoded = decodeBase64(text)
          if (decoded !== undefined) expect(Buffer.from(decoded).toString('base64')).toBe(text)
        }
      }),
    )
  })
})

it('bytes are read and written through one entry, so that the kit is not loaded for them', async () => {
  const bytes = await import('../../src/bytes/index.ts')
  const kit: object = await import('../../src/provider-kit/index.ts')
  for (const name of Object.keys(bytes)) expect(kit).not.toHaveProperty(name)
  expect(new bytes.ByteReader(new bytes.ByteWriter(new Uint8Array(5)).zvarint(-3).written()).zvarint()).toBe(-3)
  expect(bytes.readBytes(Uint8Array.of(7, 8), (reader) => reader.u8())).toBe(7)
  expect(bytes.readBytes(Uint8Array.of(7), (reader) => reader.take(2))).toBeUndefined()
  expect(() => bytes.readBytes<string>(Uint8Array.of(7), () => JSON.parse('x') as string)).toThrow(SyntaxError)
})
