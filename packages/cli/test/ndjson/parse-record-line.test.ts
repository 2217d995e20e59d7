import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { errorOf, parse } from './support.ts'

const bytes = (text: string): Buffer => Buffer.from(text)
/** A record whose value is written this way. */
const withValue = (value: string): string => `{"topic":"t","value":${value}}`

const refused = (): undefined => undefined

/** Rows of a table: a member, how it is written, and what that reads as. */
function written<T>(name: string, expected: (text: string) => T, ...texts: string[]): [string, string, T][] {
  return texts.map((text) => [name, text, expected(text)])
}

describe('parseRecordLine', () => {
  it('reads every member', () => {
    const line =
      '{"topic":"payments.eu","partition":0,"offset":12,"timestamp":1732233600000,"key":"k","value":{"base64":"AP8="},' +
      '"headers":[{"key":"h","value":"v"},{"key":"h","value":null},{"key":"","value":{"base64":""}}]}'
    expect(parse(line)).toEqual({
      topic: 'payments.eu',
      partition: 0,
      offset: 12,
      timestamp: 1732233600000,
      key: bytes('k'),
      value: Buffer.from([0, 255]),
      headers: [
        { key: 'h', value: bytes('v') },
        { key: 'h', value: null },
        { key: '', value: bytes('') },
      ],
    })
  })

  it('takes a null key and no headers for what is missing', () => {
    const lines = [
      '{"topic":"t","value":"v"}',
      '{"headers":[],"value":"v","key":null,"topic":"t"}',
      ' { "value" : "v" ,"topic" : "t"} \r',
    ]
    for (const line of lines) {
      expect(parse(line)).toEqual({ topic: 't', key: null, value: bytes('v') })
    }
  })

  it('uses the topic that it is given instead of the own one', () => {
    expect(parse('{"value":"v"}', 'data', 'given').topic).toBe('given')
    expect(parse('{"topic":"own","value":"v"}', 'data', 'given').topic).toBe('given')
    expect(errorOf(() => parse('{"topic":"not legal","value":"v"}', 'data', 'given')).path).toBe('$.topic')
  })

  it.each<[string, string]>([
    ['""', ''],
    ['"a"', 'a'],
    ['"\\u0061\\n\\"\\\\\\/"', 'a\n"\\/'],
    ['"\\u0000"', '\0'],
    ['"ž𝄞\u2028\ufeff"', 'ž𝄞\u2028\ufeff'],
    ['"\\ud834\\udd1e"', '𝄞'],
    ['"\\ufeffa"', '\ufeffa'],
    ['"[1,2]"', '[1,2]'],
    ['{"base64":"YQ=="}', 'a'],
    ['{ "base64" : "YWI=" }', 'ab'],
    ['{"base64":"YWJj"}', 'abc'],
    ['{"base64":"\\u0059Q=="}', 'a'],
    ['{"\\u0062ase64":"YQ=="}', 'a'],
  ])('reads %s as bytes', (datum, text) => {
    expect(parse(withValue(datum)).value).toEqual(bytes(text))
    expect(parse(`{"topic":"t","value":null,"key":${datum}}`).key).toEqual(bytes(text))
    expect(parse(`{"topic":"t","value":null,"headers":[{"value":${datum},"key":"h"}]}`).headers?.[0]?.value).toEqual(
      bytes(text),
    )
  })

  it('reads a tombstone', () => {
    expect(parse(withValue('null')).value).toBeNull()
  })

  it('neither keeps nor changes the line', () => {
    const line = bytes(withValue('"abc"'))
    const copy = Buffer.from(line)
    const { value } = parse(line)
    expect(line).toEqual(copy)
    line.fill(0)
    expect(value).toEqual(bytes('abc'))
  })

  it.each<[string, string, string]>([
    // Wrong types of data, at each place.
    ['$.value', withValue('1'), 'null, a string or {"base64":"…"}, got number'],
    ['$.value', withValue('true'), 'got boolean; values that are JSON need --value json'],
    ['$.value', withValue('[]'), 'got Array'],
    ['$.value', withValue('{}'), 'got an object of other members; values that are JSON need --value json'],
    ['$.value', withValue('{"base64":"","x":1}'), 'got an object of other members'],
    ['$.key', '{"topic":"t","value":"v","key":1}', 'null, a string or {"base64":"…"}, got number'],
    ['$.headers[0].value', '{"topic":"t","value":"v","headers":[{"key":"h","value":[]}]}', 'got Array'],
    [
      '$.headers[1].value',
      '{"topic":"t","value":"v","headers":[{"key":"h","value":"v"},{"key":"h"}]}',
      'got undefined',
    ],
    // Base64.
    ['$.value.base64', withValue('{"base64":null}'), 'expected a base64 string, got null'],
    ...[
      'YQ',
      'YQ=',
      'YR==',
      'YWJ=',
      'Y Q==',
      'YQ==\\n',
      ' YQ==',
      '_-8=',
      '+/9',
      '=',
      '====',
      'YQ==YQ==',
      'ž',
      '\\ud800',
    ].map((text): [string, string, string] => [
      '$.value.base64',
      withValue(`{"base64":"${text}"}`),
      'expected canonical base64',
    ]),
    [
      '$.headers[0].value.base64',
      '{"topic":"t","value":"v","headers":[{"key":"h","value":{"base64":"YQ"}}]}',
      'canonical base64',
    ],
    // Half surrogate pairs.
    ['$.value', withValue('"\\ud800"'), 'half of a surrogate pair'],
    ['$.value', withValue('"a\\udc00b"'), 'half of a surrogate pair'],
    ['$.value', withValue('"\\udc00\\ud800"'), 'half of a surrogate pair'],
    ['$.key', '{"topic":"t","value":"v","key":"\\uD834"}', 'half of a surrogate pair'],
    [
      '$.headers[0].key',
      '{"topic":"t","value":"v","headers":[{"key":"\\ud800","value":"v"}]}',
      'half of a surrogate pair',
    ],
    [
      '$.headers[0].value',
      '{"topic":"t","value":"v","headers":[{"key":"h","value":"\\ud800"}]}',
      'half of a surrogate pair',
    ],
    // Members that are missing.
    ['$.value', '{"topic":"t"}', 'expected to be there, got nothing; a tombstone is null'],
    ['$.topic', '{"value":"v"}', 'expected to be there, got nothing; --topic gives all records one'],
    ['$.value', '{}', 'expected to be there'],
    // Members that are unknown.
    [
      '$.val',
      '{"topic":"t","value":"v","val":1}',
      'expected one of the members topic, partition, offset, timestamp, key, value, headers',
    ],
    ['$.Topic', '{"Topic":"t","value":"v"}', 'expected one of'],
    ['$.__proto__', '{"topic":"t","value":"v","__proto__":null}', 'expected one of'],
    ['$.toString', '{"topic":"t","value":"v","toString":null}', 'expected one of'],
    ['$[""]', '{"topic":"t","value":"v","":1}', 'expected one of'],
    [
      '$["a b\\u001b[31m\\u009b\\u202e"]',
      '{"topic":"t","value":"v","a b\\u001b[31m\\u009b\\u202e":1}',
      'expected one of',
    ],
    [`$["${'x'.repeat(120)}…"]`, `{"topic":"t","value":"v","${'x'.repeat(400)}":1}`, 'expected one of'],
    [
      '$.headers[0].name',
      '{"topic":"t","value":"v","headers":[{"name":"h","value":"v"}]}',
      'expected one of the members key, value',
    ],
    [
      '$.headers[0].__proto__',
      '{"topic":"t","value":"v","headers":[{"key":"h","value":"v","__proto__":"v"}]}',
      'expected one of',
    ],
    ['$.keyfoldEnd', '{ "keyfoldEnd":{}}', 'expected one of'],
    // Members that stand twice, also where JSON.parse drops the first one.
    ['$.value', '{"topic":"t","value":"v","value":"v"}', 'expected to stand once, got it twice'],
    ['$.value', '{"topic":"t","value":"v","\\u0076alue":"v"}', 'twice'],
    ['$.topic', '{"topic":"t","topic":"u","value":"v"}', 'twice'],
    ['$.partition', '{"topic":"t","partition":0,"value":"v","partition":0}', 'twice'],
    ['$.key', '{"topic":"t","key":null,"key":null,"value":"v"}', 'twice'],
    ['$.value', '{"topic":"t","value":{"x":[{"y":"z"}]},"value":"v"}', 'twice'],
    ['$.value.base64', withValue('{"base64":"","base64":"YQ=="}'), 'twice'],
    ['$.headers', '{"topic":"t","headers":[],"value":"v","headers":[]}', 'twice'],
    [
      '$.headers[1].key',
      '{"topic":"t","value":"v","headers":[{"key":"a","value":"v"},{"key":"b","value":"v","key":"c"}]}',
      'twice',
    ],
    ['$.headers[0].value', '{"topic":"t","value":"v","headers":[{"key":"a","value":null,"value":null}]}', 'twice'],
    ['$.key.base64', '{"topic":"t","value":"v","key":{"base64":"","\\u0062ase64":""}}', 'twice'],
    // Topics.
    ...['', 'a b', 'ž', 'a/b', '.', '..', 'a'.repeat(250), 'a\\n', '\\ud800'].map((topic): [string, string, string] => [
      '$.topic',
      `{"topic":"${topic}","value":"v"}`,
      'expected 1 to 249 of A-Z a-z 0-9 . _ -, got another string',
    ]),
    ['$.topic', '{"topic":null,"value":"v"}', 'got null'],
    ['$.topic', '{"topic":1,"value":"v"}', 'got number'],
    // Headers.
    ['$.headers', '{"topic":"t","value":"v","headers":null}', 'expected an array, got null'],
    ['$.headers', '{"topic":"t","value":"v","headers":{"h":"v"}}', 'expected an array, got object'],
    ['$.headers[0]', '{"topic":"t","value":"v","headers":["h"]}', 'expected an object, got string'],
    ['$.headers[0]', '{"topic":"t","value":"v","headers":[["h","v"]]}', 'expected an object, got Array'],
    ['$.headers[0].key', '{"topic":"t","value":"v","headers":[{"value":"v"}]}', 'expected a string, got undefined'],
    [
      '$.headers[0].key',
      '{"topic":"t","value":"v","headers":[{"key":null,"value":"v"}]}',
      'expected a string, got null',
    ],
    // Lines that are something else.
    ...['null', '"x"', '1', '[]', 'true', '[{"topic":"t","value":"v"}]'].map((line): [string, string, string] => [
      '$',
      line,
      'expected a JSON object, got',
    ]),
  ])('refuses at %s: %s', (path, line, message) => {
    const error = errorOf(() => parse(line))
    expect(error).toMatchObject({ path, line: 7, scope: 'line' })
    expect(error.column).toBeUndefined()
    expect(error.message.startsWith(`line 7: "${path}" expected `)).toBe(true)
    expect(error.message).toContain(message)
  })

  it.each<[string, string, string | number | undefined]>([
    ...written('partition', Number, '0', '1', '2147483647', '1e2', '5.0'),
    ['partition', '-0', 0],
    ['partition', '-0.0', 0],
    ...written(
      'partition',
      Number,
      '0e-400',
      '0.0E99',
      '5.00e0',
      '20e-1',
      '2.5e1',
      '1.50E+1',
      '2147483647.000',
      '21474836470e-1',
      '0.00021e5',
    ),
    ...written(
      'partition',
      refused,
      '0.99999999999999999999',
      '1e-400',
      '-1e-400',
      '4.00000000000000000001',
      '2147483647.00000000000000001',
      '15e-1',
      '0.00021e4',
    ),
    ...written('partition', refused, `1${'0'.repeat(400)}e-401`, '1e-99999999999999999999', '1e99999999999999999999'),
    ...written('partition', refused, '-1', '2147483648', '1.5', '"1"', 'null', 'true', '1e400'),
    ...written('offset', Number, '0', '1', '9007199254740991'),
    ['offset', '-0', 0],
    ...written(
      'offset',
      Number,
      '9007199254740991.0',
      '90071992547409910e-1',
      '9.007199254740991e15',
      '0.0',
      `1${'0'.repeat(400)}e-400`,
    ),
    ...written(
      'offset',
      refused,
      '9007199254740991.4',
      '9007199254740990.9999',
      '4503599627370497.2',
      '9007199254740992.0',
      '-0.00000000000000000001e-300',
    ),
    ...written('offset', (text) => Number(JSON.parse(text)), '"0"', '"12"', '"9007199254740991"'),
    ...written(
      'offset',
      JSON.parse as (text: string) => string,
      '"9007199254740992"',
      '"9007199254740993"',
      '"9223372036854775807"',
    ),
    ...written(
      'offset',
      refused,
      '-1',
      '0.5',
      '9007199254740992',
      '9007199254740993',
      '1e400',
      'null',
      '{}',
      '""',
      '"-1"',
      '"-0"',
      '"007"',
    ),
    ...written(
      'offset',
      refused,
      '"9223372036854775808"',
      '"99999999999999999999"',
      '"09007199254740993"',
      '"+9007199254740993"',
    ),
    ...written('offset', refused, '"-9007199254740993"', '" 9007199254740993"', '"9007199254740993.0"', '"1e18"'),
    ...written('timestamp', Number, '-1', '0', '1732233600000', '-1.0', '-10e-1', '1.7322336e12'),
    ...written(
      'timestamp',
      refused,
      '-1.00000000000000000001',
      '-0.99999999999999999999',
      '1732233600000.00001',
      '1732233600000.0000000001',
    ),
    ['timestamp', '"9223372036854775807"', '9223372036854775807'],
    ['timestamp', '"-1"', -1],
    ['timestamp', '"1732233600000"', 1732233600000],
    ...written('timestamp', refused, '-2', '1.5', '"-2"', '"1e3"', '9007199254740992', 'null'),
  ])('reads %s %s as %j', (name, text, expected) => {
    const line = `{"topic":"t","${name}":${text},"value":"v"}`
    if (expected !== undefined) {
      expect(parse(line)[name as 'offset']).toBe(expected)
      return
    }
    const error = errorOf(() => parse(line))
    expect(error.path).toBe(`$.${name}`)
    expect(error.message).toMatch(/expected an integer from (0|-1) to /)
    // A number may be a customer's: messages name the kind only.
    expect(error.message.split(', got ')[1]).toMatch(
      /^(another number|a fraction|another string|null|object|boolean|string)$/,
    )
  })

  it('looks at the integers of the line alone, under any spelling of their names, and not at numbers elsewhere', () => {
    const members = '"partition":1.0,"offset":2e0,"timestamp":30e-1'
    const value = '{"offset":0.5,"partition":[1.5],"timestamp":9007199254740991.4}'
    expect(parse(`{"topic":"t",${members},"value":${value}}`, 'json')).toMatchObject({
      partition: 1,
      offset: 2,
      timestamp: 3,
    })
    expect(parse(`{"topic":"t","value":0.99999999999999999999}`, 'json').value).toEqual(bytes('0.99999999999999999999'))
    expect(errorOf(() => parse(`{"value":${value},"topic":"t","off\\u0073et":9007199254740991.4}`, 'json')).path).toBe(
      '$.offset',
    )
    expect(errorOf(() => parse('{"topic":"t", "partition" : 0.99999999999999999999 ,"value":"v"}')).path).toBe(
      '$.partition',
    )
  })

  it.each<[string, number, string]>([
    ['{', 2, 'close brace expected'],
    ['{"topic":"t","value":}', 22, 'value expected'],
    ['{"topic":"t",}', 14, 'property name expected'],
    ['{"topic":"t" "value":"x"}', 14, 'comma expected'],
    ['{"topic":"t";"value":"x"}', 13, 'invalid symbol'],
    ['nope', 1, 'invalid symbol'],
    ['{"topic":"t","value":"x"} 1', 27, 'end of file expected'],
    ['{"topic":"t","value":"x"}{"topic":"t","value":"x"}', 26, 'end of file expected'],
    ['{"topic":"t","value":"x"}}', 26, 'end of file expected'],
    ['{"topic":"t","value":"x"} // why', 27, 'invalid comment token'],
    ['{"topic":"t","value":01}', 23, 'comma expected'],
    ['{"topic":"t","value":1.}', 22, 'unexpected end of number'],
    ['{"topic":"t","value":NaN}', 22, 'invalid symbol'],
    ['{"topic":"t","value":+1}', 22, 'invalid symbol'],
    ['{"topic":"t","value":"a\tb"}', 22, 'invalid character'],
    ['{"topic":"t","value":"\\x"}', 22, 'invalid escape character'],
    ['{"topic":"t","value":"\\u12"}', 22, 'invalid unicode'],
    ['{"topic":"t","value":"abc', 22, 'unexpected end of string'],
    ["{'topic':'t'}", 2, 'invalid symbol'],
    ['\u00a0{}', 1, 'invalid symbol'],
    ['{"topic":"𝄞",}', 15, 'property name expected'],
  ])('says where %s is not JSON', (line, column, problem) => {
    for (const mode of ['data', 'json'] as const) {
      const error = errorOf(() => parse(line, mode))
      expect(error.message).toBe(
        `line 7, column ${column}: "$" expected one JSON object, got text that is not JSON (${problem})`,
      )
      expect(error).toMatchObject({ line: 7, column, path: '$', scope: 'line' })
    }
  })

  it('says of a byte order mark that it may only start the input', () => {
    expect(errorOf(() => parse('\ufeff{"topic":"t","value":"v"}')).message).toContain(
      'byte order mark; it may only start the input',
    )
  })

  it.each<[string, number[], number]>([
    ['a stray continuation byte', [0x80], 10],
    ['a sequence that is too long', [0xc0, 0xaf], 10],
    ['a surrogate', [0xed, 0xa0, 0x80], 10],
    ['a code point beyond Unicode', [0xf4, 0x90, 0x80, 0x80], 10],
    ['a cut sequence', [0xc5], 10],
    ['Latin-1 behind text of two bytes a character', [0xc5, 0xbe, 0xe9], 11],
    ['a real replacement character before it', [0xef, 0xbf, 0xbd, 0xff], 11],
  ])('refuses %s with its column', (_title, middle, column) => {
    const line = Buffer.concat([bytes('{"value":"'.slice(0, 9)), Buffer.from(middle), bytes('"}')])
    for (const mode of ['data', 'json'] as const) {
      const error = errorOf(() => parse(line, mode))
      expect(error).toMatchObject({ column, line: 7, scope: 'line', path: '$' })
      expect(error.message).toContain('expected UTF-8, got other bytes')
    }
  })

  it.each<[string, string]>([
    ['arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)],
    ['arrays that stay open', '['.repeat(100_000)],
    ['closing brackets', ']'.repeat(100_000)],
  ])('refuses 100,000 nested %s and goes on', (_title, text) => {
    for (const line of [text, withValue(text), `{"topic":"t","value":${text},"value":"v"}`]) {
      for (const mode of ['data', 'json'] as const) expect(errorOf(() => parse(line, mode)).line).toBe(7)
    }
  })

  it('refuses more than 1000 levels of nesting, the record counted', () => {
    const nested = (levels: number): string => withValue('['.repeat(levels) + ']'.repeat(levels))
    expect(parse(nested(999), 'json').value?.length).toBe(1998)
    expect(errorOf(() => parse(nested(1000), 'json')).message).toBe(
      'line 7: "$" expected at most 1000 levels of nesting, got more',
    )
    // Brackets inside of strings are text.
    expect(parse(withValue(`"${'['.repeat(5000)}\\"${'{'.repeat(5000)}"`)).value?.length).toBe(10_001)
  })

  it('reads a line of 32 MiB', () => {
    const size = 2 ** 25 - 30
    expect(parse(withValue(`"${'x'.repeat(size)}"`)).value?.length).toBe(size)
    expect(parse(withValue(`[${'[],'.repeat(1e6)}0]`), 'json').value?.length).toBe(3e6 + 3)
  })

  it('shows nothing of keys, values and headers in its errors', () => {
    const secret = 'hunter2'
    const lines = [
      withValue(`"${secret}`),
      withValue(`"${secret}\\ud800"`),
      withValue(`{"base64":"${secret}"}`),
      withValue(`{"${secret}":1}`),
      withValue(`{"base64":"","base64":"${secret}","${secret}":1}`),
      withValue(secret),
      `{"topic":"t","key":"${secret}\\x","value":"v"}`,
      `{"topic":"${secret} ","value":"v"}`,
      `{"topic":"t","value":"v","headers":[{"key":"h","value":["${secret}"]}]}`,
      `"${secret}"`,
    ]
    for (const line of lines) {
      const error = errorOf(() => parse(line))
      expect(`${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain(secret)
    }
    const binary = Buffer.concat([bytes(`{"value":"${secret}`), Buffer.from([0xff])])
    expect(errorOf(() => parse(binary)).message).not.toContain(secret)
  })
})

describe('parseRecordLine with JSON values', () => {
  it.each<[string, string]>([
    ['12345678901234567890', '12345678901234567890'],
    ['1e400', '1e400'],
    ['1.0', '1.0'],
    ['-0', '-0'],
    ['1E+2', '1E+2'],
    ['true', 'true'],
    ['"a"', '"a"'],
    ['""', '""'],
    ['"null"', '"null"'],
    ['"\\u0061\\/\\ud800 \\" \\\\"', '"\\u0061\\/\\ud800 \\" \\\\"'],
    ['"ž𝄞\u2028"', '"ž𝄞\u2028"'],
    ['{"a":1,"a":2}', '{"a":1,"a":2}'],
    ['{"a":{"b":1,"b":[{"c":1,"c":2}]},"__proto__":1}', '{"a":{"b":1,"b":[{"c":1,"c":2}]},"__proto__":1}'],
    ['{"value":{"value":"x"},"topic":"u","value":2}', '{"value":{"value":"x"},"topic":"u","value":2}'],
    ['{"base64":"YQ=="}', '{"base64":"YQ=="}'],
    ['{"base64":"not base64"}', '{"base64":"not base64"}'],
    ['[]', '[]'],
    ['  { "a" : [ 1 ,\t2 ] ,\r"b c" : " d\\" e " }  ', '{"a":[1,2],"b c":" d\\" e "}'],
    ['[ "a\\\\" , "b" ]', '["a\\\\","b"]'],
    ['[ "\\\\\\" , " ]', '["\\\\\\" , "]'],
    [' "a b" ', '"a b"'],
    [' 1 ', '1'],
    ['{"ž \u2028": "𝄞 "}', '{"ž \u2028":"𝄞 "}'],
  ])('keeps %s', (json, expected) => {
    for (const line of [
      withValue(json),
      `{"value":${json},"topic":"t"}`,
      `{"key":"value","\\u0076alue":${json},"topic":"t"}`,
    ]) {
      expect(Buffer.from(parse(line, 'json').value!).toString()).toBe(expected)
    }
  })

  it('takes null, and only null, as a tombstone', () => {
    expect(parse(withValue(' null '), 'json').value).toBeNull()
    expect(parse(withValue('"null"'), 'json').value).not.toBeNull()
  })

  it('keeps to the rules for everything but the value', () => {
    for (const [line, path] of [
      ['{"topic":"t","value":1,"value":2}', '$.value'],
      ['{"topic":"t","value":{"a":"b"},"value":"c"}', '$.value'],
      ['{"topic":"t","value":1,"\\u0076alue":2}', '$.value'],
      ['{"topic":"t","value":{"a":1,"a":2},"key":"a","key":"b"}', '$.key'],
      ['{"topic":"t","value":{},"key":{"a":1}}', '$.key'],
      ['{"topic":"t","value":{},"key":"\\ud800"}', '$.key'],
      ['{"topic":"t","value":{},"headers":[{"key":"h","value":{}}]}', '$.headers[0].value'],
      ['{"topic":"t","value":{},"headers":[{"key":"h","value":"v","value":"w"}]}', '$.headers[0].value'],
      ['{"topic":"t"}', '$.value'],
      ['{"topic":"t","values":{}}', '$.values'],
    ] as const) {
      expect(errorOf(() => parse(line, 'json')).path).toBe(path)
    }
  })
})
