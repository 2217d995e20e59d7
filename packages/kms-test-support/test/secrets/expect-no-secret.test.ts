import { Buffer } from 'node:buffer'

import { describe, expect, test } from 'vitest'

import { expectNoSecret } from '../../src/secrets/expect-no-secret.ts'

const TOKEN = 'hvs.a-token+with/signs'
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1)
const bytes = Buffer.from(KEY)

class Client {
  readonly token: string
  constructor(token: string) {
    this.token = token
  }
}

const leaks: Readonly<Record<string, unknown>> = {
  'a message': new Error(`failed with ${TOKEN}`),
  'a cause of a cause': new Error('a', { cause: new Error('b', { cause: new Error(TOKEN) }) }),
  'a property of an error': Object.assign(new Error('x'), {
    request: { headers: { authorization: `Bearer ${TOKEN}` } },
  }),
  'a property that is not enumerable': Object.defineProperty(new Error('x'), 'hidden', {
    value: TOKEN,
    enumerable: false,
  }),
  'a header in base64': { authorization: `Basic ${Buffer.from(TOKEN).toString('base64')}` },
  'a URL': new URL(`https://127.0.0.1/?token=${encodeURIComponent(TOKEN)}`),
  'bytes in an object': { key: KEY },
  'a Buffer in an object': { key: bytes },
  'bytes as JSON': JSON.stringify({ key: KEY }),
  'a Buffer as JSON': JSON.stringify({ key: bytes }),
  hex: bytes.toString('hex'),
  base64url: bytes.toString('base64url'),
  'a map': new Map([['key', bytes.toString('base64')]]),
  'an instance of a class': new Client(TOKEN),
  'a symbol property': { [Symbol('token')]: TOKEN },
}

describe('a secret is found', () => {
  for (const [where, value] of Object.entries(leaks)) {
    test(`in ${where}`, () => {
      expect(() => {
        expectNoSecret(value, [TOKEN, KEY], 'it')
      }).toThrow('it expected to show no secret')
    })
  }
})

test('the message about a secret does not tell it', () => {
  try {
    expectNoSecret({ token: TOKEN }, [TOKEN], 'it')
    expect.unreachable()
  } catch (error) {
    expect(String(error)).not.toContain(TOKEN)
  }
})

test('what shows no secret passes', () => {
  class Private {
    readonly #token = TOKEN
    use(): number {
      return this.#token.length
    }
  }
  for (const value of [new Error('the KMS denied resolveKek'), new Private(), { id: 'a-key' }, undefined, null, 7]) {
    expect(() => {
      expectNoSecret(value, [TOKEN, KEY], 'it')
    }).not.toThrow()
  }
})

test('what cannot be printed in one way is searched in the others', () => {
  const circle: Record<string, unknown> = { token: TOKEN }
  circle['self'] = circle
  expect(() => {
    expectNoSecret(circle, [TOKEN], 'it')
  }).toThrow('it expected to show no secret')
})
