import { Buffer } from 'node:buffer'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  formatRecord,
  NdjsonError,
  parseRecordLine,
  type NdjsonRecord,
  type ValueMode,
} from '../../src/ndjson/index.ts'
import { parse } from './support.ts'

const NASTY = fc.constantFrom(
  ...[
    '\ufeff',
    '\ufeffa',
    '\0',
    '\u2028\u2029',
    '𝄞',
    '\ufffd',
    '\u007f\u0080\u009f',
    '\ud7ff\ue000',
    '"\\/\b\f\n\r\t',
    '\u061c\u202e',
  ],
)
const text = fc.oneof(fc.string({ unit: 'binary' }), NASTY)
const data = fc.oneof(
  fc.constant(null),
  text.map((value) => Buffer.from(value)),
  fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value)),
)
const int64 = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).map(String),
  fc.constantFrom(0, 2 ** 53 - 1, '9007199254740992', '9223372036854775807'),
)
const header = fc.record({ key: text, value: data })

function records(value: fc.Arbitrary<Buffer | null>): fc.Arbitrary<NdjsonRecord> {
  return fc.record(
    {
      topic: fc.stringMatching(/^[A-Za-z0-9._-]{3,40}$/),
      partition: fc.nat(0x7fff_ffff),
      offset: int64,
      timestamp: fc.oneof(int64, fc.constant(-1)),
      key: data,
      value,
      headers: fc.array(header, { minLength: 1, maxLength: 4 }),
    },
    { requiredKeys: ['topic', 'key', 'value'] },
  )
}

/** JSON text as no `JSON.stringify` writes it: big numbers, repeated names, escapes, whitespace. */
const jsonText = fc.letrec<{ json: string }>((tie) => {
  const space = fc.constantFrom('', '', '', ' ', '\t', '\r', '  ')
  const string = fc.oneof(
    text.map((value) => JSON.stringify(value)),
    fc.constantFrom('"\\ud800"', '"\\u0041\\/"', '"\\\\"', '"\\\\\\""', '"[{:, }]"', '"value"', '"\u2028"'),
  )
  const number = fc.constantFrom('0', '-0', '1.0', '1e400', '-1E-5', '12345678901234567890', '0.10')
  const list = fc.array(
    fc.tuple(space, tie('json'), space).map((parts) => parts.join('')),
    { maxLength: 4 },
  )
  const member = fc
    .tuple(space, string, space, fc.constant(':'), space, tie('json'), space)
    .map((parts) => parts.join(''))
  const members = fc.array(member, { maxLength: 4 })
  return {
    json: fc.oneof(
      { maxDepth: 4 },
      string,
      number,
      fc.constantFrom('null', 'true', 'false'),
      list.map((items) => `[${items.join()}]`),
      members.map((items) => `{${items.join()}}`),
    ),
  }
}).json

/** Takes the whitespace out of a JSON text in another way than the code under test: token by token. */
function compact(json: string): string {
  return (json.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/gsu) ?? []).join('')
}

function roundTrip(record: NdjsonRecord, valueMode: ValueMode): NdjsonRecord {
  const line = formatRecord(record, { valueMode, line: 1 })
  expect(line).not.toMatch(/[\n]/)
  const bytes = Buffer.from(line)
  const parsed = parseRecordLine(bytes, { valueMode, line: 1 })
  expect(formatRecord(parsed, { valueMode, line: 1 })).toBe(line)
  return parsed
}

describe('a record that is written and read', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(records(data), (record) => {
        expect(roundTrip(record, 'data')).toEqual(record)
      }),
      { numRuns: 1000 },
    )
  })

  it('comes back as it was with JSON values, byte for byte but for whitespace', () => {
    const value = jsonText.filter((json) => json !== 'null').map((json) => Buffer.from(json))
    fc.assert(
      fc.property(records(value), (record) => {
        const expected = Buffer.from(compact(Buffer.from(record.value ?? []).toString()))
        expect(roundTrip(record, 'json')).toEqual({ ...record, value: expected })
      }),
      { numRuns: 1000 },
    )
  })

  it('comes back from a line that has whitespace and its members in another order', () => {
    const space = fc.constantFrom('', ' ', '\t', '\r ')
    fc.assert(
      fc.property(records(data), space, fc.infiniteStream(fc.nat()), (record, gap, random) => {
        const line = JSON.parse(formatRecord(record, { valueMode: 'data', line: 1 })) as Record<string, unknown>
        const members = Object.entries(line).map(([name, member]) => ({
          text: `${gap}${JSON.stringify(name)}${gap}:${gap}${JSON.stringify(member, null, gap)}${gap}`,
          at: random.next().value,
        }))
        const shuffled = members.sort((a, b) => a.at - b.at).map((member) => member.text.replaceAll('\n', ''))
        expect(parse(`${gap}{${shuffled.join()}}${gap}`)).toEqual(record)
      }),
    )
  })
})

describe('a JSON value that is read', () => {
  it('is the text of the line without its whitespace', () => {
    fc.assert(
      fc.property(jsonText, fc.constantFrom('', ' ', '\t '), fc.boolean(), (json, gap, last) => {
        const member = `${gap}"value"${gap}:${gap}${json}${gap}`
        const line = last ? `{"key":"value","topic":"t",${member}}` : `{${member},"topic":"t","key":"value"}`
        const { value } = parse(line, 'json')
        expect(value === null ? 'null' : Buffer.from(value).toString()).toBe(compact(json))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a line that something is done to', () => {
  const line =
    '{"topic":"t","partition":1,"key":"k\\u0041","value":{"base64":"YQ=="},' +
    '"headers":[{"key":"h","value":"ž"},{"key":"i","value":null}]}'

  it('is read like JSON.parse reads it or refused with an NdjsonError that has a column', () => {
    const bytes = Buffer.from(line)
    const piece = fc.constantFrom(
      ...['"', '\\', '{', '}', '[', ']', ',', ':', ' ', '0', '.', 'e', '-', 'null', '\t', '\0', '//', '/*', '\u00a0'],
      ...['"value":1,', '"key":"x",', 'Ä'],
    )
    fc.assert(
      fc.property(
        fc.nat(bytes.length),
        fc.nat(3),
        piece,
        fc.constantFrom<ValueMode>('data', 'json'),
        (at, drop, insert, valueMode) => {
          const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from(insert), bytes.subarray(at + drop)])
          let json: { topic?: unknown } | undefined
          try {
            json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(changed)) as typeof json
          } catch {
            json = undefined
          }
          try {
            const record = parse(changed, valueMode)
            expect(json?.topic).toBe(record.topic)
          } catch (error) {
            if (!(error instanceof NdjsonError)) throw error
            expect(error.scope).toBe('line')
            if (json === undefined) expect(error.column).toBeGreaterThan(0)
            else expect(error.column).toBeUndefined()
          }
        },
      ),
      { numRuns: 5000 },
    )
  })

  it('is refused at every truncation', () => {
    const bytes = Buffer.from(line)
    for (let length = 0; length < bytes.length; length++) {
      for (const mode of ['data', 'json'] as const)
        expect(() => parse(bytes.subarray(0, length), mode)).toThrow(NdjsonError)
    }
  })

  it('is refused when any of its members stands twice', () => {
    const members = line.match(/"(?:topic|partition|key|value|base64|headers)":(?:"[^"]*"|\d|null)/g)!
    expect(members).toHaveLength(8)
    let from = 0
    for (const member of members) {
      const at = line.indexOf(member, from)
      from = at + member.length
      const twice = `${line.slice(0, at)}${member},${line.slice(at)}`
      expect(() => parse(twice)).toThrow(/expected to stand once, got it twice/)
    }
  })
})
