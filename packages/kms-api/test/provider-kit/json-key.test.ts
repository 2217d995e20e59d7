import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseJsonWithKey, writeJsonWithKey } from '../../src/provider-kit/index.ts'

const KEY = randomBytes(32)
const TEXT = KEY.toString('base64')
const OTHER = randomBytes(32).toString('base64')
const PATH = ['data', 'plaintext']

function parse(json: string, path = PATH) {
  const body = Buffer.from(json)
  const parsed = parseJsonWithKey(body, path)
  expect(body.every((byte) => byte === 0)).toBe(true)
  return parsed
}

describe('a key in a JSON response', () => {
  it('is returned as bytes of its own, and is not in the document', () => {
    const parsed = parse(
      `{"request_id":"x","data":{"ciphertext":"vault:v1:abc","plaintext":"${TEXT}"},"warnings":null}`,
    )
    expect(parsed?.key).toEqual(new Uint8Array(KEY))
    expect(parsed?.key.buffer.byteLength).toBe(32)
    expect(parsed?.json).toMatchObject({ request_id: 'x', data: { ciphertext: 'vault:v1:abc' } })
    expect(JSON.stringify(parsed?.json)).not.toContain(TEXT)
  })

  it('is decoded and encoded as by Node.js, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        const text = Buffer.from(key).toString('base64')
        expect(parse(`{"data":{"plaintext":"${text}"}}`)?.key).toEqual(key)
        const written = writeJsonWithKey(key, (plaintext) => ({ plaintext, é: 1 }))
        expect(Buffer.from(written).toString()).toBe(JSON.stringify({ plaintext: text, é: 1 }))
        expect(written.buffer.byteLength).toBe(written.length)
      }),
    )
  })

  it.each([
    ['between blanks', ` { "data" : { "plaintext" : "${TEXT}" } } `],
    ['whose name is escaped', `{"data":{"pl\\u0061intext":"${TEXT}"}}`],
    ['after a duplicate of another kind', `{"data":{"plaintext":"short","plaintext":"${TEXT}"}}`],
  ])('is found as the parser finds it: %s', (_, json) => {
    expect(parse(json)?.key).toEqual(new Uint8Array(KEY))
  })

  it.each([
    ['two', `{"data":{"plaintext":"${TEXT}"},"other":"${OTHER}"}`],
    ['two under one name', `{"data":{"plaintext":"${OTHER}","plaintext":"${TEXT}"}}`],
    ['a duplicate member that wins', `{"data":{"plaintext":"${TEXT}","plaintext":"x"}}`],
    ['a duplicate object that wins', `{"data":{"plaintext":"${TEXT}"},"data":{"plaintext":""}}`],
    ['in another object', `{"auth":{"plaintext":"${TEXT}"},"data":{}}`],
    ['under another name', `{"data":{"key":"${TEXT}"}}`],
    ['as a name', `{"data":{"${TEXT}":"plaintext"}}`],
    ['in a prototype', `{"data":{"__proto__":{"plaintext":"${TEXT}"}}}`],
    ['in an array', `{"data":["${TEXT}"]}`],
    ['inside a longer text', `{"data":{"plaintext":"\\"${TEXT}\\""}}`],
    ['after an escaped quote', `{"data":{"plaintext":"x\\"${TEXT}"}}`],
    ['with an escape', `{"data":{"plaintext":"${TEXT.replace(/^./, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)}"}}`],
    ['of stray bits', `{"data":{"plaintext":"${'A'.repeat(42)}B="}}`],
    ['in base64 of the web', `{"data":{"plaintext":"${'_'.repeat(42)}8="}}`],
    ['without padding', `{"data":{"plaintext":"${TEXT.slice(0, -1)}"}}`],
    ['in broken JSON', `{"data":{"plaintext":"${TEXT}"}`],
    [
      'in text that is not UTF-8',
      Buffer.concat([
        Buffer.from(`{"data":{"plaintext":"${TEXT}","x":"`),
        Buffer.from([0xff, 0x22, 0x7d, 0x7d]),
      ]).toString('latin1'),
    ],
    ['nowhere', '{"data":{}}'],
    ['nowhere at all', ''],
    ['as a number', '{"data":{"plaintext":1}}'],
    ['as null', '{"data":null}'],
  ])('is rejected: %s', (what, json) => {
    const body = Buffer.from(json, what.includes('UTF-8') ? 'latin1' : 'utf8')
    expect(parseJsonWithKey(body, PATH)).toBeUndefined()
    expect(body.every((byte) => byte === 0)).toBe(true)
  })

  it.each([0, 1, 16, 31, 33, 64])('of %i bytes is returned as it is: its length is a fact about the EDEK', (length) => {
    const key = randomBytes(length)
    const parsed = parse(`{"data":{"plaintext":"${key.toString('base64')}"}}`)
    expect(parsed?.key).toEqual(new Uint8Array(key))
  })

  it('is rejected in whatever else the document is, unless it stands at the path', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const document = JSON.stringify({ before: value, data: { plaintext: TEXT }, after: value })
        expect(parse(document)?.key).toEqual(new Uint8Array(KEY))
        expect(parse(JSON.stringify({ before: value, data: value, other: TEXT }))).toBeUndefined()
      }),
    )
  })

  it('is not written unless it has 32 bytes', () => {
    for (const length of [0, 16, 31, 33])
      expect(() => writeJsonWithKey(new Uint8Array(length), () => ({}))).toThrow(RangeError)
  })
})
