import { KeyObject } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { Key } from '../../src/dek/key.ts'
import { KEY } from './support.ts'

describe('the key behind the handles', () => {
  it('is let go with the last of them, so that its memory is zeroed when it is collected', () => {
    const key = new Key(Uint8Array.from(KEY), 'generated')
    key.acquire()
    key.acquire()
    key.release()
    expect(key.object).toBeInstanceOf(KeyObject)
    key.release()
    expect(key.object).toBeUndefined()
  })

  it('leaves no copy in the bytes that it was made of', () => {
    const bytes = Uint8Array.from(KEY)
    new Key(bytes, 'unwrapped')
    expect(bytes).toEqual(new Uint8Array(32))
  })
})
