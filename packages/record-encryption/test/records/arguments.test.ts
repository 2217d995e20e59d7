import { describe, expect, it } from 'vitest'

import type { KafkaRecord, RecordEncryption } from '../../src/index.ts'
import { bytes, header, marker, rejectionOf, setUp } from './support.ts'

const NO_CALLS = { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 }
type Call = (
  encryption: RecordEncryption,
  topic: string,
  given: readonly KafkaRecord[],
  options?: { readonly signal?: AbortSignal },
) => Promise<readonly KafkaRecord[]>
const encrypt: Call = (encryption, topic, given, options) => encryption.encrypt(topic, given, options)
const decrypt: Call = (encryption, topic, given, options) => encryption.decrypt(topic, given, options)

describe('arguments of the wrong type', () => {
  const wrong: readonly (readonly [path: string, given: unknown])[] = [
    ['records', undefined],
    ['records', null],
    ['records', {}],
    ['records', 'text'],
    ['records', new Set()],
    ['records[0]', [undefined]],
    ['records[0]', [null]],
    ['records[0]', ['text']],
    ['records[0]', Array(1)],
    ['records[1]', [{ value: null }, 5]],
    ['records[0].value', [{}]],
    ['records[0].value', [{ value: undefined }]],
    ['records[0].value', [{ value: 'text' }]],
    ['records[0].value', [{ value: [1, 2] }]],
    ['records[0].value', [{ value: new ArrayBuffer(2) }]],
    ['records[0].value', [{ value: new Uint16Array(2) }]],
    ['records[0].value', [{ value: 5 }]],
    ['records[0].key', [{ key: 'text', value: null }]],
    ['records[0].key', [{ key: 5, value: null }]],
    ['records[0].key', [{ key: [], value: null }]],
    ['records[0].headers', [{ value: null, headers: null }]],
    ['records[0].headers', [{ value: null, headers: { a: '1' } }]],
    ['records[0].headers[0]', [{ value: null, headers: [null] }]],
    ['records[0].headers[0]', [{ value: null, headers: ['a'] }]],
    ['records[0].headers[1]', [{ value: null, headers: [header('a'), undefined] }]],
    ['records[0].headers[0].key', [{ value: null, headers: [{ value: null }] }]],
    ['records[0].headers[0].key', [{ value: null, headers: [{ key: bytes('a'), value: null }] }]],
    ['records[0].headers[0].key', [{ value: null, headers: [{ key: '\ud800', value: null }] }]],
    ['records[0].headers[0].value', [{ value: null, headers: [{ key: 'a', value: 'text' }] }]],
    ['records[0].headers[0].value', [{ value: null, headers: [{ key: 'a' }] }]],
  ]

  it.each(wrong)('are a TypeError that names %s, both ways, before any request: %o', async (path, given) => {
    const { encryption, admin } = await setUp()
    for (const call of [encrypt, decrypt]) {
      const error = await rejectionOf(call(encryption, 't', given as KafkaRecord[]))
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message.startsWith(`"${path}" expected `)).toBe(true)
    }
    expect(admin.calls).toEqual(NO_CALLS)
  })

  it.each(['x', { key: 'evil', value: 'no bytes', valueOf: () => 0 }, NaN, -1])(
    'take no header from an array that says its length is %o',
    async (length) => {
      const { encryption } = await setUp()
      const headers = new Proxy([header('a')], {
        get: (target, name) => (name === 'length' ? length : Reflect.get(target, name)) as unknown,
      })
      const [sealed] = await encryption.encrypt('t', [{ value: bytes('v'), headers }])
      expect(sealed?.headers.map(({ key }) => key)).toEqual([marker().key])
    },
  )

  it.each([undefined, null, 5, '', '.', '..', 'a b', 'a/b', 'ä', 'a'.repeat(250), 'a\n', '\u202eevil'])(
    'are a TypeError for the topic %o',
    async (topic) => {
      const { encryption } = await setUp()
      for (const call of [encrypt, decrypt]) {
        await expect(call(encryption, topic as string, [])).rejects.toThrow(
          /^"topic" expected the name of a topic \(1 to 249 of A-Z a-z 0-9 \. _ -\), got /,
        )
      }
    },
  )
})
