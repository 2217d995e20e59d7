import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { escapeText, printable } from '../../src/index.ts'
import { properties } from '../properties.ts'

describe('text in a message', () => {
  it.each([
    ['alias', '"alias"'],
    ['', '""'],
    ['é日本🔑', '"é日本🔑"'],
    ['say "hi" \\ there', '"say \\"hi\\" \\\\ there"'],
    ['\u001b[2J\u0007\n\r\t\0', '"\\u001b[2J\\u0007\\n\\r\\t\\u0000"'],
    ['\u007f\u0080\u009b\u009f', '"\\u007f\\u0080\\u009b\\u009f"'],
    ['a\u202eb\u202ac\u2066d\u2069e', '"a\\u202eb\\u202ac\\u2066d\\u2069e"'],
    ['\u200b\u200e\u200f\u061c\u2060\ufeff\u00ad', '"\\u200b\\u200e\\u200f\\u061c\\u2060\\ufeff\\u00ad"'],
    ['\u{e0041}\u180e', '"\\udb40\\udc41\\u180e"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['\ud83d', '"\\ud83d"'],
  ])('such as %j is quoted', (text, expected) => {
    expect(printable(text)).toBe(expected)
  })

  it('is cut after 120 characters', () => {
    expect(printable('x'.repeat(120))).toBe(`"${'x'.repeat(120)}"`)
    expect(printable('x'.repeat(121))).toBe(`"${'x'.repeat(120)}…"`)
    expect(printable('x'.repeat(10_000_000))).toHaveLength(123)
  })

  it('never holds a control or bidirectional character, and says the same as JSON', () => {
    properties(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const quoted = printable(text)
        expect(quoted).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u)
        if (text.length <= 120) expect(JSON.parse(quoted)).toBe(text)
      }),
    )
  })
})

describe('text in a line of output', () => {
  it.each([
    ['payments "é日本🔑" \\', 'payments "é日本🔑" \\'],
    ['a\nb\u001b[31m\u009b', 'a\\u000ab\\u001b[31m\\u009b'],
    ['\u202e\u2066\u200b\ufeff\u00ad\u061c\u206a', '\\u202e\\u2066\\u200b\\ufeff\\u00ad\\u061c\\u206a'],
    ['\u{e0041}\ud83d', '\\udb40\\udc41\\ud83d'],
  ])('such as %j keeps what can be read and escapes the rest', (text, expected) => {
    expect(escapeText(text)).toBe(expected)
  })

  it('is not cut', () => {
    expect(escapeText('x'.repeat(1_000))).toHaveLength(1_000)
  })
})
