import { Buffer } from 'node:buffer'
import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { readBody } from '../../../src/provider-kit/http/read-body.ts'

const LIMIT = 100

async function read(chunks: readonly Uint8Array[], failure?: Error) {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(chunk)
    if (failure !== undefined) throw failure
  }
  return await readBody({ statusCode: 200, headers: {}, body: Readable.from(source()) }, LIMIT)
}

function chunksOf(...lengths: readonly number[]): Uint8Array[] {
  return lengths.map((length) => Buffer.alloc(length, 'k'))
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

describe('what a body was received in', () => {
  it('is zeroed when the body was read', async () => {
    const chunks = chunksOf(10, 0, 90)
    const body = await read(chunks)
    expect(Buffer.from(body.bytes).toString()).toBe('k'.repeat(LIMIT))
    expect(chunks.map(isZero)).toEqual([true, true, true])
  })

  it('is zeroed when the body turns out to be too long', async () => {
    const chunks = chunksOf(60, 60)
    await expect(read(chunks)).rejects.toMatchObject({ reason: 'too-large' })
    expect(chunks.map(isZero)).toEqual([true, true])
  })

  it('is zeroed when the connection breaks', async () => {
    const chunks = chunksOf(20, 20)
    await expect(read(chunks, new Error('broken'))).rejects.toThrow('broken')
    expect(chunks.map(isZero)).toEqual([true, true])
  })
})
