import { describe, expect, it } from 'vitest'

import type { Kek } from '@keyfold/kms-api'

import { isNewerVersion } from '../../src/keks/compare-versions.ts'
import { KekVersions } from '../../src/keks/kek-versions.ts'

const kek = (version: string | undefined, id = 'one'): Kek => ({
  provider: 'p',
  id,
  version,
  wrapping: 'authenticated',
})

describe('a version of a KEK', () => {
  it.each([
    ['2', '1', true],
    ['10', '9', true],
    ['1', '1', false],
    ['1', '2', false],
    ['18446744073709551617', '18446744073709551616', true],
    ['02', '1', false],
    ['2', 'a', false],
    ['b', 'a', false],
    ['+2', '1', false],
    ['2.0', '1', false],
    ['', '', false],
    [undefined, '1', false],
    ['1', undefined, false],
  ])('%s is newer than %s: %s; only canonical decimal numbers have an order', (version, than, newer) => {
    expect(isNewerVersion(version, than)).toBe(newer)
  })
})

describe('the versions that a KMS has named', () => {
  it('include every lower number, and of other forms only what was named', () => {
    const versions = new KekVersions()
    expect(versions.knows(kek('1'))).toBe(false)
    versions.note(kek('7'))
    versions.note(kek('3'))
    versions.note(kek('abc'))
    expect(['1', '7', '8', 'abc', 'abd', '07'].map((version) => versions.knows(kek(version)))).toEqual([
      true,
      true,
      false,
      true,
      false,
      false,
    ])
    expect(versions.knows(kek('7', 'two'))).toBe(false)
    expect(versions.knows(kek(undefined))).toBe(false)
  })

  it('are bounded: 100,000 KEKs and versions forget the oldest', () => {
    const versions = new KekVersions()
    for (let i = 0; i < 100_000; i++) versions.note(kek('1', `kek ${i}`))
    expect(versions.knows(kek('1', 'kek 0'))).toBe(false)
    expect(versions.knows(kek('1', 'kek 99999'))).toBe(true)
    for (let i = 0; i < 1_000; i++) versions.note(kek(`v${i}`))
    expect(Array.from({ length: 1_000 }, (_, i) => versions.knows(kek(`v${i}`))).filter(Boolean)).toHaveLength(100)
  })
})
