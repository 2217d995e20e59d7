import { describe, expect, it } from 'vitest'

import { ByteFormatError } from '@keyfold/kms-api/bytes'

import { parsing, WireError } from '../../src/wire/wire-error.ts'

function thrown(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('parsing', () => {
  it('gives what was parsed', () => {
    expect(parsing('thing', () => 7)).toBe(7)
  })

  it('makes bytes that end too early malformed, and names what was read', () => {
    const error = thrown(() =>
      parsing('thing', () => {
        throw new ByteFormatError('underflow')
      }),
    )
    expect(error).toBeInstanceOf(WireError)
    expect(error).toMatchObject({ kind: 'malformed', message: expect.stringContaining('the thing ') as string })
  })

  it('lets a verdict through as it is, and a fault of ours too', () => {
    for (const error of [new WireError('unsupported', 'another cipher'), new TypeError('a fault')]) {
      const found = thrown(() =>
        parsing('thing', () => {
          throw error
        }),
      )
      expect(found).toBe(error)
    }
  })
})
