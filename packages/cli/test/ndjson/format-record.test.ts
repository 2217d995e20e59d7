import { Buffer } from 'node:buffer'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { formatRecord, type NdjsonRecord, type ValueMode } from '../../src/ndjson/index.ts'
import { errorOf } from './support.ts'

const format = (record: Partial<NdjsonRecord>, valueMode: ValueMode = 'data'): string =>
  formatRecord({ topic: 't', value: null, ...record }, { valueMode, line: 7 })
const formatJson = (json: string | Uint8Array): string =>
  format({ value: Buffer.from(json) }, 'json').slice('{"topic":"t","key":null,"value":'.length, -1)

describe('formatRecord', () => {
  it('writes members in the documented order, whatever the order of the record', () => {
    const record = {
      headers: [
        { value: Buffer.from('v'), key: 'h' },
        { key: 'n', value: null },
      ],
      value: Buffer.from([0, 255]),
      key: Buffer.from('k'),
      timestamp: -1,
      offset: 12,
      partition: 0,
      topic: 'payments.eu',
    }
    expect(format(record)).toBe(
      '{"topic":"payments.eu","partition":0,"offset":12,"timestamp":-1,"key":"k","value":{"base64":"AP8="},' +
        '"headers":[{"key":"h","value":"v"},{"key":"n","value":null}]}',
    )
  })

  it('leaves out what a record does not have, and members that no line has', () => {
    const opened = {
      topic: 't',
      value: null,
      headers: [],
      key: undefined,
      keyfold: { status: 'clear' },
      leaderEpoch: 3,
    }
    expect(format(opened)).toBe('{"topic":"t","key":null,"value":null}')
  })

  it.each<[string, Uint8Array, string]>([
    ['text', Buffer.from('a"\\\n'), '"a\\"\\\\\\n"'],
    ['no bytes', Buffer.alloc(0), '""'],
    ['NUL', Buffer.from([0]), '"\\u0000"'],
    ['a byte order mark', Buffer.from([0xef, 0xbb, 0xbf, 0x61]), '"\ufeffa"'],
    ['a replacement character', Buffer.from('\ufffd'), '"\ufffd"'],
    ['line separators', Buffer.from('\u2028\u2029\u0085'), '"\u2028\u2029\u0085"'],
    ['characters beyond the BMP', Buffer.from('𝄞'), '"𝄞"'],
    ['one byte that is not UTF-8', Buffer.from([0x61, 0xff]), '{"base64":"Yf8="}'],
    ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80]), '{"base64":"7aCA"}'],
    ['a cut sequence', Buffer.from([0xc5]), '{"base64":"xQ=="}'],
    ['an overlong sequence', Buffer.from([0xc0, 0x80]), '{"base64":"wIA="}'],
  ])('writes %s', (_title, value, expected) => {
    const plain = new Uint8Array([1, ...value, 1]).subarray(1, -1)
    expect(format({ value: plain, key: value, headers: [{ key: 'h', value: plain }] })).toBe(
      `{"topic":"t","key":${expected},"value":${expected},"headers":[{"key":"h","value":${expected}}]}`,
    )
  })

  it('writes a string exactly where TextDecoder gives the bytes back', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        const value = Buffer.concat(parts)
        let expected: unknown
        try {
          expected = decoder.decode(value)
        } catch {
          expected = { base64: value.toString('base64') }
        }
        expect(JSON.parse(format({ value }))).toEqual({ topic: 't', key: null, value: expected })
      }),
      { numRuns: 2000 },
    )
  })

  it.each<[number | bigint | string, string]>([
    [0, '0'],
    [-0, '0'],
    [9007199254740991, '9007199254740991'],
    [9007199254740991n, '9007199254740991'],
    ['12', '12'],
    [9007199254740992n, '"9007199254740992"'],
    ['9007199254740993', '"9007199254740993"'],
    [9223372036854775807n, '"9223372036854775807"'],
  ])('writes the offset and the timestamp %s as %s', (value, expected) => {
    const line = `{"topic":"t","offset":${expected},"timestamp":${expected},"key":null,"value":null}`
    expect(format({ offset: value, timestamp: value })).toBe(line)
  })

  it.each([
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    1e300,
    -1n,
    2n ** 63n,
    '-1',
    '01',
    '',
    'x',
    '9223372036854775808',
  ])('refuses the offset %s', (offset) => {
    const error = errorOf(() => format({ offset }))
    expect(error).toMatchObject({ path: '$.offset', line: 7, scope: 'line' })
  })

  it('refuses a header whose name has half of a surrogate pair', () => {
    expect(
      errorOf(() =>
        format({
          headers: [
            { key: 'a', value: null },
            { key: '\ud800', value: null },
          ],
        }),
      ).path,
    ).toBe('$.headers[1].key')
  })
})

describe('formatRecord with JSON values', () => {
  it.each([
    '12345678901234567890',
    '1e400',
    '1.0',
    '-0',
    '"\\u0061\\/\\ud800"',
    '{"a":1,"a":[2,{"b":"c d","b":null}]}',
    '"null"',
    '[null]',
    '""',
    'false',
    '"\u2028"',
    '{"value":"x"}',
  ])('writes %s as it is', (json) => {
    expect(formatJson(json)).toBe(json)
  })

  it.each([
    ['{\n  "a": [1, 2],\r\n\t"b c": "d\\" e"\n}\n', '{"a":[1,2],"b c":"d\\" e"}'],
    [' 1\n', '1'],
    ['[ "\\\\" , "ž 𝄞" ]', '["\\\\","ž 𝄞"]'],
  ])('takes the whitespace out of %j, so that it stays one line', (json, expected) => {
    expect(formatJson(json)).toBe(expected)
  })

  it('writes null for a tombstone', () => {
    expect(format({ value: null }, 'json')).toBe('{"topic":"t","key":null,"value":null}')
  })

  it.each(['null', ' null\n'])('refuses the text %j, which would be read as a tombstone', (json) => {
    const error = errorOf(() => formatJson(json))
    expect(error).toMatchObject({ path: '$.value', line: 7, scope: 'line' })
    expect(error.message).toBe(
      'line 7: "$.value" expected JSON text that no tombstone has, got the text null; ' +
        'without --value json it is written as a string or base64',
    )
  })

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['whitespace', ' \n'],
    ['plain text', 'hunter2'],
    ['two texts', '1 2'],
    ['two texts in two lines', '{}\n{}'],
    ['a text that goes on', '1,"topic":"other"'],
    ['a text that closes the line', '1}\n{"topic":"t","value":2'],
    ['a string with a raw line end', '"a\nb"'],
    ['a byte order mark', '\ufeff1'],
    ['a cut text', '{"a":'],
    ['a comment', '1//x'],
    ['whitespace that is none in JSON', '\u00a01'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['100,000 levels of nesting', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['1001 levels of nesting', '['.repeat(1001) + ']'.repeat(1001)],
  ])('refuses a value that is %s', (_title, value) => {
    const error = errorOf(() => formatJson(value))
    expect(error).toMatchObject({ path: '$.value', line: 7, scope: 'line' })
    expect(error.message).toMatch(/^line 7: "\$\.value" expected JSON text, got bytes that are not/)
    expect(error.message).not.toContain('hunter2')
  })
})
