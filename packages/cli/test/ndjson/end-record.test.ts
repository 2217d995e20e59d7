import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { createEndRecord } from '../../src/ndjson/index.ts'
import { linesOf, stream } from './support.ts'

function closed(...lines: string[]): string {
  const end = createEndRecord()
  for (const line of lines) end.update(Buffer.from(`${line}\n`), 1)
  return `${lines.map((line) => `${line}\n`).join('')}${end.line()}\n`
}

const WHOLE = closed('{"topic":"t","value":"a"}', '{"topic":"t","value":"ž"}')

async function chunked(text: string, size: number, options = {}) {
  const bytes = Buffer.from(text)
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  const counts: number[] = []
  const read = await linesOf(stream(...chunks), { onEndRecord: ({ records }) => counts.push(records), ...options })
  return { ...read, counts }
}

describe('createEndRecord', () => {
  it('writes the count and the SHA-256 of the bytes before it', () => {
    const end = createEndRecord()
    end.update(Buffer.from('a\nb\n'), 2)
    end.update(Buffer.from('c\n'), 1)
    const sha256 = createHash('sha256').update('a\nb\nc\n').digest('hex')
    expect(end.line()).toBe(`{"keyfoldEnd":{"records":3,"sha256":"${sha256}"}}`)
  })

  it('closes an empty stream too', async () => {
    expect(await chunked(closed(), 1000, { requireEndRecord: true })).toEqual({ lines: [], counts: [0] })
  })
})

describe('the end record of a stream that is read', () => {
  it.each([1, 2, 13, 26, 27, 53, 64, 1000])('is verified and left out, in chunks of %i bytes', async (size) => {
    const expected = { lines: ['1:{"topic":"t","value":"a"}', '2:{"topic":"t","value":"ž"}'], counts: [2] }
    for (const text of [WHOLE, WHOLE.slice(0, -1)]) {
      expect(await chunked(text, size)).toEqual(expected)
      expect(await chunked(text, size, { requireEndRecord: true })).toEqual(expected)
    }
  })

  it('is verified when blank lines, CRLF or a byte order mark stand before it', async () => {
    const text = '\ufeff{"value":1}\r\n\r\n{"value":2}\n'
    const end = createEndRecord()
    end.update(Buffer.from(text), 2)
    const line = end.line()
    for (const size of [1, 7, 1000]) {
      const read = await chunked(`${text}${line}\r\n`, size)
      expect(read).toEqual({ lines: ['1:{"value":1}', '3:{"value":2}'], counts: [2] })
    }
  })

  it.each<[string, string, RegExp, number]>([
    ['a byte was changed', WHOLE.replace('"a"', '"b"'), /SHA-256/, 3],
    ['a line is missing', WHOLE.slice(WHOLE.indexOf('\n') + 1), /as many records as it counts, got 1 instead of 2/, 2],
    ['a line was added', `{"topic":"t","value":"x"}\n${WHOLE}`, /got 3 instead of 2/, 4],
    ['a blank line was added', `\n${WHOLE}`, /SHA-256/, 4],
    ['the order was changed', WHOLE.replace('"a"', '"?"').replace('"ž"', '"a"').replace('"?"', '"ž"'), /SHA-256/, 3],
    ['the count was changed', WHOLE.replace('"records":2', '"records":3'), /got 2 instead of 3/, 3],
    ['the hash was changed', WHOLE.replace(/[0-9a-f]("\}\}\n)$/, (_, end: string) => `x${end}`), /another shape/, 3],
    ['the count has a leading zero', WHOLE.replace('"records":2', '"records":02'), /another shape/, 3],
    ['it has a further member', WHOLE.replace(/\}\}\n$/, ',"x":1}}\n'), /another shape/, 3],
    ['it was cut', WHOLE.slice(0, -10), /another shape/, 3],
    ['a line follows', `${WHOLE}{"topic":"t","value":"c"}\n`, /last line/, 4],
    ['a blank line follows', `${WHOLE}\n`, /last line/, 4],
    ['another closed stream follows', WHOLE + WHOLE, /last line/, 4],
  ])('fails the stream when %s', async (_title, text, message, line) => {
    for (const size of [1, 27, 10_000]) {
      const { error } = await chunked(text, size)
      expect(error?.message).toMatch(message)
      expect(error).toMatchObject({ line, scope: 'stream' })
    }
  })

  it('is refused when it is missing and required, wherever the stream was cut', async () => {
    const records = WHOLE.slice(0, WHOLE.lastIndexOf('{"keyfoldEnd"'))
    for (let length = 0; length <= records.length; length++) {
      const { error } = await chunked(records.slice(0, length), 1000, { requireEndRecord: true })
      expect(error).toMatchObject({ scope: 'stream' })
      expect(error?.message).toMatch(
        /expected an end record as the last line, got the end of the input; it was cut off/,
      )
    }
    expect((await chunked(records, 1000)).error).toBeUndefined()
  })

  it('is no end record with other whitespace: the line is left to be refused as a record', async () => {
    const { lines } = await chunked('{ "keyfoldEnd": {}}\n{"keyfold":1}\n{"keyfoldEn', 1000)
    expect(lines).toEqual(['1:{ "keyfoldEnd": {}}', '2:{"keyfold":1}', '3:{"keyfoldEn'])
  })
})
