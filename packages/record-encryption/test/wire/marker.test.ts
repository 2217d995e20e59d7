import { describe, expect, it } from 'vitest'

import { checkMarker, createMarker, findMarker, MARKER_KEY } from '../../src/wire/marker.ts'
import { WireError } from '../../src/wire/wire-error.ts'

const header = (key: string, ...value: number[]) => ({ key, value: Uint8Array.from(value) })

describe('the marker', () => {
  it('is the header kroxylicious.io/encryption with the one byte 2', () => {
    expect(createMarker()).toEqual({ key: 'kroxylicious.io/encryption', value: Uint8Array.of(2) })
    expect(createMarker().value).not.toBe(createMarker().value)
    expect(() => {
      checkMarker(createMarker())
    }).not.toThrow()
  })

  it('is found wherever it stands, the first of several', () => {
    expect(findMarker([])).toBe(-1)
    expect(findMarker([header('a', 1), createMarker(), header('b'), createMarker()])).toBe(1)
    expect(findMarker([header('a', 1), createMarker(), header('b'), createMarker()], 2)).toBe(3)
    expect(findMarker([createMarker()], 1)).toBe(-1)
  })

  it('is found by its exact name only', () => {
    const names = [
      'Kroxylicious.io/encryption',
      'kroxylicious.io/encryption ',
      ' kroxylicious.io/encryption',
      'kroxylicious.io/encryption2',
      'kroxylicious.io',
    ]
    expect(findMarker(names.map((name) => header(name, 2)))).toBe(-1)
  })

  it('is malformed with no byte, two bytes or null', () => {
    for (const value of [null, new Uint8Array(), Uint8Array.of(2, 2)]) {
      expect(() => {
        checkMarker({ key: MARKER_KEY, value })
      }).toThrow(expect.objectContaining({ kind: 'malformed' }) as WireError)
    }
  })

  it('is unsupported for each of the 255 other versions, and says which', () => {
    for (let version = 0; version < 256; version++) {
      if (version === 2) continue
      expect(() => {
        checkMarker(header(MARKER_KEY, version))
      }).toThrow(
        new WireError(
          'unsupported',
          `the marker header names encryption version ${version}, and only version 2 is supported`,
        ),
      )
    }
  })
})
