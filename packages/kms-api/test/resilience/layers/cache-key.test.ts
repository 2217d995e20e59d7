import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { edekCacheKey } from '../../../src/resilience/layers/cache-key.ts'

function key(provider: string, id: string, context: number[] | undefined, ...edek: number[]): string {
  const bytes = context === undefined ? undefined : Uint8Array.from(context)
  return edekCacheKey({ provider, id, wrapping: 'authenticated' }, bytes, Uint8Array.from(edek))
}

describe('the key that a decrypted EDEK is cached under', () => {
  it('is the SHA-256 of every part with its length in front', () => {
    const withContext =
      '00000004' + '61006200' + '00000002' + '6300' + '00' + '01' + '00000002' + '0100' + '00000003' + '070809'
    const without = '00000004' + '61006200' + '00000002' + '6300' + '00' + '00' + '00000003' + '070809'
    const digest = (hex: string) => createHash('sha256').update(hex, 'hex').digest('base64')
    expect(key('ab', 'c', [1, 0], 7, 8, 9)).toBe(digest(withContext))
    expect(key('ab', 'c', undefined, 7, 8, 9)).toBe(digest(without))
  })

  it('differs by how the caller reads: if-present, and a KEK that no rule names exactly', () => {
    const kek = { provider: 'ab', id: 'c', wrapping: 'authenticated' } as const
    const reader = (named: boolean) => ({ topic: 't', named })
    const modes = [
      {},
      { contextRead: 'if-present' },
      { reader: reader(false) },
      { contextRead: 'if-present', reader: reader(false) },
    ] as const
    const keys = modes.map((mode) => edekCacheKey(kek, undefined, Uint8Array.of(1), mode))
    expect(new Set(keys).size).toBe(4)
    const same = { contextRead: 'require', reader: { ...reader(true), topic: 'another' } } as const
    expect(edekCacheKey(kek, undefined, Uint8Array.of(1), same)).toBe(keys[0])
  })

  it('differs wherever bytes could move from one part to the next, and for texts that UTF-8 writes alike', () => {
    const keys = [
      key('ab', 'c', undefined, 1, 2),
      key('a', 'bc', undefined, 1, 2),
      key('abc', '', undefined, 1, 2),
      key('ab', 'c', [], 1, 2),
      key('ab', 'c', [1], 2),
      key('ab', 'c', [1, 2]),
      key('ab', 'c', undefined),
      key('ab', '\ud800', undefined),
      key('ab', '\ud801', undefined),
      key('ab', '\ufffd', undefined),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })
})
