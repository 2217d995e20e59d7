import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { encodeEdek } from '../src/edek.ts'
import { isKeyName, isMountPath } from '../src/names.ts'
import { codeOf, fixture } from './support/connect.ts'

const TEXT = `vault:v1:${'A'.repeat(80)}`

/** Everything that could lead a request elsewhere, or show another key than is meant. */
const NAMES: readonly string[] = [
  '..',
  '.',
  '../orders',
  '../../sys/seal',
  './orders',
  'orders/',
  '/orders',
  'orders/../x',
  'a/b',
  'a//b',
  '\\..\\x',
  'orders\\',
  '%2e%2e',
  '%2F',
  'a%2Fb',
  '..%2fsys',
  '%00',
  '%0a',
  'a%',
  'orders?x=1',
  '?',
  'orders#x',
  '#',
  'orders&x',
  'orders=1',
  'orders;x',
  'orders:1',
  'orders@1',
  'orders+1',
  'orders,1',
  'orders~1',
  'orders!',
  'orders*',
  '*',
  'orders$',
  'orders(',
  'orders)',
  "orders'",
  'orders"',
  'orders`',
  'orders<',
  'orders>',
  'orders|',
  'orders^',
  'orders[0]',
  'orders{}',
  ' orders',
  'orders ',
  'or ders',
  '\torders',
  'orders\n',
  'orders\r\n',
  '\norders',
  'orders\0',
  '\0',
  'orders\u007f',
  'orders\u0085',
  'orders\u001b[31m',
  '-',
  '-orders',
  'orders-',
  '.orders',
  'orders.',
  '-.',
  '._-',
  'orders\u00e9',
  'e\u0301',
  '\u043erders',
  'ord\u202eers',
  'ord\u200bers',
  '\ufeff',
  '\ufefforders',
  '\u{1f511}',
  '\uff0e\uff0e',
  '\u2024\u2024',
  '\u2215',
  '\u00df',
  'http://127.0.0.1/x',
  '//127.0.0.1/x',
  'file:///etc/passwd',
  'orders/x',
  'keys/orders',
  'sys/seal',
  'auth/token/create',
  'transit',
  'other/orders',
  'transit/',
  'transit//orders',
  'transit/orders/x',
  'TRANSIT/orders',
  'k'.repeat(1_025),
  'k'.repeat(10_240),
  '../'.repeat(500),
  '${orders}',
  '{{orders}}',
  '$(orders)',
  '&#x2F;',
  'orders&#x2F;x',
  'data:x',
  'javascript:x',
  '\u0130',
  '\u0001',
  '\u2028',
  '\u2029',
  'a\u00a0b',
  'a\u3000b',
  'a\u00adb',
].filter((name) => name !== 'transit')

const CIPHERTEXTS: readonly string[] = [
  'vault',
  'vault:',
  'vault:v1',
  'vault:v1:',
  `vault:v01:${'A'.repeat(80)}`,
  `vault:v0:${'A'.repeat(80)}`,
  `vault:v+1:${'A'.repeat(80)}`,
  `vault:v-1:${'A'.repeat(80)}`,
  `vault:vX:${'A'.repeat(80)}`,
  `vault:v1.0:${'A'.repeat(80)}`,
  `vault:v1e1:${'A'.repeat(80)}`,
  `vault:v9999999999:${'A'.repeat(80)}`,
  `Vault:v1:${'A'.repeat(80)}`,
  `vault:V1:${'A'.repeat(80)}`,
  `${TEXT}\n`,
  `${TEXT}\r\n`,
  `${TEXT} `,
  ` ${TEXT}`,
  `\n${TEXT}`,
  `${TEXT}\0`,
  `${TEXT}=`,
  `${TEXT}A`,
  `${TEXT}AAAA`,
  TEXT.slice(0, -1),
  TEXT.slice(0, -4),
  `vault:v1:${'A'.repeat(76)}`,
  `vault:v1:${'A'.repeat(79)}=`,
  `vault:v1:${'A'.repeat(78)}==`,
  `vault:v1:${'A'.repeat(40)}\n${'A'.repeat(40)}`,
  `vault:v1:${'A'.repeat(79)}-`,
  `vault:v1:${'A'.repeat(79)}_`,
  `vault:v1:${'A'.repeat(79)}%`,
  `vault:v1:${'A'.repeat(79)}\u00e9`,
  `bao:v1:${'A'.repeat(80)}`,
  `vault:v1::${'A'.repeat(80)}`,
  `vault:v1:v1:${'A'.repeat(80)}`,
  '{"ciphertext":"x"}',
  '"',
  '\\',
  TEXT.repeat(2),
  'A'.repeat(80),
  `vault:v1:${'A'.repeat(128)}`,
  `vault:v1:${'A'.repeat(10_000)}`,
]

describe('hostile names', () => {
  it(`are refused as selectors, in references and in EDEKs, bound or not, without a request`, async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    vault.requests.length = 0
    const bad = NAMES.filter((name) => name !== 'transit/orders')
    let tried = 0
    for (const name of bad) {
      expect([name, isKeyName(name)]).toEqual([name, false])
      expect([name, await codeOf(kms.resolveKek(name))]).toEqual([name, 'KMS_CONFIG'])
      expect([name, await codeOf(kms.generateDekPair({ ...kek, id: `transit/${name}` }))]).toEqual([
        name,
        'KMS_UNKNOWN_KEY',
      ])
      for (const bound of [false, true]) {
        const edek = encodeEdek({ bound, keyName: name, ciphertext: Buffer.from(TEXT) })
        const options = bound ? { encryptionContext: { a: 'b' } } : {}
        expect([name, await codeOf(kms.decryptEdek({ ...kek, id: `transit/${name}` }, edek, options))]).toEqual([
          name,
          'KMS_INVALID_EDEK',
        ])
        expect(() => kms.kekOf(edek)).toThrow('the EDEK is not valid')
        tried += 2
      }
      tried += 2
    }
    expect(tried).toBeGreaterThanOrEqual(600)
    expect(vault.requests).toEqual([])
  })
})

describe('hostile EDEKs', () => {
  it('are refused without a request', async () => {
    const { vault, kms } = await fixture()
    const kek = await kms.resolveKek('orders')
    const { edek } = await kms.generateDekPair(kek)
    vault.requests.length = 0
    const built = CIPHERTEXTS.flatMap((text) =>
      [false, true].map((bound) => encodeEdek({ bound, keyName: 'orders', ciphertext: Buffer.from(text) })),
    )
    const lengths = [
      [0],
      [0x85, 0x00],
      [0x86, 0x80, 0x00],
      [0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      [0xff, 0xff, 0x03],
      [0x7f],
    ]
    const malformed = lengths.map((length) => Uint8Array.of(...length, ...edek.subarray(1)))
    const cut = Array.from({ length: edek.length }, (_, length) => edek.slice(0, length))
    const longer = [0, 10, 13, 32, 61, 65, 255].map((byte) => Uint8Array.of(...edek, byte))
    const formats = Array.from({ length: 64 }, (_, i) => Uint8Array.of(0, i === 1 ? 255 : i, ...edek))
    const all = [...built, ...malformed, ...cut, ...longer, ...formats]
    expect(all.length).toBeGreaterThanOrEqual(200)
    for (const [i, hostile] of all.entries()) {
      for (const options of [{}, { encryptionContext: { a: 'b' } }]) {
        const code = await codeOf(kms.decryptEdek(kek, hostile, options))
        expect([i, code === 'KMS_INVALID_EDEK' || code === 'KMS_KEK_MISMATCH']).toEqual([i, true])
      }
    }
    expect(vault.requests).toEqual([])
  })
})

describe('paths of mounts and namespaces', () => {
  it.each(['transit', 'team/transit', 'a/b/c', 'kf-1', 'a.b', 'a~b', '_x'])('%s is one', (path) => {
    expect(isMountPath(path)).toBe(true)
  })

  it.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    '..',
    'a/..',
    '../a',
    '.',
    'a/./b',
    'a b',
    'a?b',
    'a#b',
    'a%2fb',
    'a\\b',
    'é',
    'a\n',
    'a'.repeat(513),
  ])('%j is none', (path) => {
    expect(isMountPath(path)).toBe(false)
  })
})
