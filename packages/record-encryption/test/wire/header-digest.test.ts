import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { digestHeaders, sortedNames } from '../../src/wire/header-digest.ts'

const header = (key: string, value: string | null) => ({ key, value: value === null ? null : Buffer.from(value) })

function sha256(hex: string): string {
  return createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex')
}

function digest(names: string[], headers: ReturnType<typeof header>[]): string {
  return Buffer.from(digestHeaders(names, headers)).toString('hex')
}

describe('sortedNames', () => {
  it('sorts by UTF-8 bytes, not by UTF-16, and drops repeats', () => {
    expect(sortedNames(['b', '\u{1F600}', '\uFFFD', 'a', 'B', 'b', ''])).toEqual([
      '',
      'B',
      'a',
      'b',
      '\uFFFD',
      '\u{1F600}',
    ])
  })
})

describe('digestHeaders', () => {
  it('hashes the number of values of each name and each value with its length, in the order of the record', () => {
    expect(digest(['a'], [header('a', 'x'), header('z', 'q'), header('a', 'yy')])).toBe(
      sha256('02' + '0278' + '047979'),
    )
    expect(digest(['a'], [header('a', 'yy'), header('a', 'x')])).toBe(sha256('02' + '047979' + '0278'))
    expect(digest(['a', 'b'], [header('b', '1'), header('a', '2')])).toBe(sha256('010232' + '010231'))
  })

  it('counts a header that is not there, and takes null for empty', () => {
    expect(digest(['a', 'b'], [header('b', null)])).toBe(sha256('00' + '0100'))
    expect(digest(['b'], [header('b', '')])).toBe(digest(['b'], [header('b', null)]))
  })

  it('says lengths of more than 63 in as many bytes as they need', () => {
    expect(digest(['a'], [header('a', 'x'.repeat(64))])).toBe(sha256('01' + '8001' + '78'.repeat(64)))
  })

  it('compares names exactly', () => {
    expect(digest(['a'], [header('A', 'x')])).toBe(sha256('00'))
  })
})
