import { Buffer } from 'node:buffer'

import { describe, expect, test } from 'vitest'

import type { Kek } from '@keyfold/kms-api'

import { extend, flipBit, insertByte, relabel, removeByte } from '../../src/clauses/change-edek.ts'

const edek = Uint8Array.of(1, 2, 3)

test('an EDEK is changed in a copy', () => {
  expect([...flipBit(edek, 9)]).toEqual([1, 0, 3])
  expect([...extend(edek, 2, 9)]).toEqual([1, 2, 3, 9, 9])
  expect([...insertByte(edek, 1, 9)]).toEqual([1, 9, 2, 3])
  expect([...removeByte(edek, 1)]).toEqual([1, 3])
  expect([...edek]).toEqual([1, 2, 3])
})

describe('relabelling', () => {
  const kek = (id: string): Kek => ({ provider: 'test', id, wrapping: 'authenticated' })

  test('replaces the bytes of a UUID', () => {
    const [from, to] = ['00112233-4455-6677-8899-aabbccddeeff', 'ffeeddcc-bbaa-9988-7766-554433221100']
    const own = Uint8Array.of(1, ...Buffer.from(from.replaceAll('-', ''), 'hex'), 9)
    const copies = relabel(own, kek(from), kek(to), new Uint8Array(0))
    expect([...new Set(copies.map((copy) => Buffer.from(copy).toString('hex')))]).toEqual([
      '01ffeeddccbbaa9988776655443322110009',
    ])
  })

  test('replaces the name inside of a path, whatever its length', () => {
    const copies = relabel(
      Buffer.from('\u0009payments1vault:v1:AAAA'),
      kek('transit/payments1'),
      kek('transit/refunds-of-2026'),
      new Uint8Array(0),
    )
    expect(copies.map((copy) => Buffer.from(copy).toString())).toContain('\u0009refunds-of-2026vault:v1:AAAA')
  })

  test('puts the head of one EDEK on the tail of another of equal length', () => {
    expect(
      relabel(Uint8Array.of(1, 2, 3), kek('a'), kek('b'), Uint8Array.of(7, 8, 9)).map((copy) => [...copy]),
    ).toEqual([
      [7, 2, 3],
      [7, 8, 3],
    ])
  })

  test('leaves out what is the other EDEK by chance', () => {
    expect(
      relabel(Uint8Array.of(1, 2, 9), kek('a'), kek('b'), Uint8Array.of(7, 8, 9)).map((copy) => [...copy]),
    ).toEqual([[7, 2, 9]])
  })
})
