import { Buffer } from 'node:buffer'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readLines } from '../../src/ndjson/index.ts'
import { linesOf, stream } from './support.ts'

const BOM = '\ufeff'

describe('readLines', () => {
  it.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['line feeds', 'a\nb\n', ['1:a', '2:b']],
    ['carriage returns before line feeds', 'a\r\nb\r\n', ['1:a', '2:b']],
    ['a last line without a line end', 'a\nb', ['1:a', '2:b']],
    ['a last line with half of a line end', 'a\nb\r', ['1:a', '2:b']],
    ['blank lines, which count', '\n\na\n \t\r\n\nb\n\n', ['3:a', '6:b']],
    ['nothing but blank lines', '\n\r\n  \n', []],
    ['a byte order mark at the start', `${BOM}a\n`, ['1:a']],
    ['a byte order mark before a blank line', `${BOM}\na\n`, ['2:a']],
    ['a byte order mark and no line end', `${BOM}a`, ['1:a']],
    ['nothing but a byte order mark', BOM, []],
    ['a second byte order mark, which stays', `${BOM}${BOM}a\n`, [`1:${BOM}a`]],
    ['a byte order mark in the second line, which stays', `a\n${BOM}b\n`, ['1:a', `2:${BOM}b`]],
    ['a byte order mark behind a blank line, which stays', `\n${BOM}b\n`, [`2:${BOM}b`]],
    ['carriage returns inside of a line, which stay', 'a\rb\r\r\n', ['1:a\rb\r']],
    ['separators that are no line ends', 'a\u2028b\u0085c\u2029\n', ['1:a\u2028b\u0085c\u2029']],
    ['NUL bytes', 'a\0b\n\0\n', ['1:a\0b', '2:\0']],
  ])('reads %s, wherever the chunks are cut', async (_title, text, expected) => {
    const bytes = Buffer.from(text)
    expect((await linesOf(stream(bytes))).lines).toEqual(expected)
    for (const size of [1, 2, 3, 5]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      expect((await linesOf(stream(...chunks))).lines).toEqual(expected)
    }
  })

  it('gives the same lines for every way to cut a stream into chunks', async () => {
    const text = fc.array(fc.constantFrom('a', 'ž', '𝄞', '\n', '\r\n', '\r', ' ', BOM, '{"keyfoldEnd"'), {
      maxLength: 30,
    })
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(60), { maxLength: 8 }), async (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''))
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end))
        expect(await linesOf(stream(...chunks))).toEqual(await linesOf(stream(bytes)))
      }),
    )
  })

  it('takes plain Uint8Arrays that are views of something larger', async () => {
    const whole = new Uint8Array(Buffer.from('xxa\nbxx'))
    expect((await linesOf(stream(whole.subarray(2, 5)))).lines).toEqual(['1:a', '2:b'])
  })

  it.each([1, 2, 7, 1000])(
    'accepts a line of exactly the limit and refuses one byte more, in chunks of %i',
    async (size) => {
      const cut = (text: string): Uint8Array[] => {
        const bytes = Buffer.from(text)
        return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        )
      }
      const fits = 'x'.repeat(10)
      const read = (text: string) => linesOf(stream(...cut(text)), { maxLineBytes: 10 })
      expect(await read(`${BOM}${fits}\r\n${fits}\r\n${fits}`)).toEqual({
        lines: [`1:${fits}`, `2:${fits}`, `3:${fits}`],
      })
      for (const [text, line] of [
        [`${fits}x`, 1],
        [`a\n\n${fits}x\n`, 3],
        [`${BOM}${fits}x\r\n`, 1],
      ] as const) {
        const { lines, error } = await read(text)
        expect(lines).toEqual(line === 3 ? ['1:a'] : [])
        expect(error).toMatchObject({ line, scope: 'stream', path: '$' })
        expect(error?.message).toBe(
          `line ${line}: "line" expected at most 10 bytes, got more; --max-line raises the limit`,
        )
      }
    },
  )

  it('stops reading soon after a line went over the limit', async () => {
    let chunks = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        chunks++
        yield Buffer.alloc(1000, 'x')
      }
    }
    const { error } = await linesOf(endless(), { maxLineBytes: 10_000 })
    expect(error?.scope).toBe('stream')
    expect(chunks).toBe(11)
  })

  it('keeps no more memory for a line of single bytes than the line needs', async () => {
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 300_000; i++) yield Buffer.from('x')
    }
    const before = process.memoryUsage().arrayBuffers
    const { lines } = await linesOf(bytes(), { maxLineBytes: 300_000 })
    expect(lines[0]?.length).toBe(300_002)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20)
  })

  it('reads a line of 32 MiB in chunks of 64 KiB', async () => {
    const chunk = Buffer.alloc(2 ** 16, 'x')
    async function* large(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 512; i++) yield chunk
      yield Buffer.from('\nb\n')
    }
    const lengths: number[] = []
    for await (const { bytes } of readLines(large(), { maxLineBytes: 2 ** 25 })) lengths.push(bytes.length)
    expect(lengths).toEqual([2 ** 25, 1])
  })

  it('never changes a line that it gave while it reads the next ones', async () => {
    const kept: Uint8Array[] = []
    for await (const { bytes } of readLines(stream('aa', 'aa', 'a\nbb', 'bb\nc', 'c'), { maxLineBytes: 100 }))
      kept.push(bytes)
    expect(kept.map((bytes) => Buffer.from(bytes).toString())).toEqual(['aaaaa', 'bbbb', 'cc'])
  })

  it('closes the stream when the reader stops early', async () => {
    let closed = false
    async function* input(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('a\nb\n')
        yield Buffer.from('c\n')
      } finally {
        closed = true
      }
    }
    for await (const { line } of readLines(input(), { maxLineBytes: 10 })) {
      expect(line).toBe(1)
      break
    }
    expect(closed).toBe(true)
  })

  it('passes errors of the stream on as they are', async () => {
    const cause = new Error('disk on fire')
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw cause
    }
    await expect(linesOf(broken())).rejects.toBe(cause)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d as a limit', async (maxLineBytes) => {
    await expect(linesOf(stream('a'), { maxLineBytes })).rejects.toThrow(TypeError)
  })
})
