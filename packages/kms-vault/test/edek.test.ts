import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { decodeEdek, decodeLayout, encodeEdek, versionOf } from '../src/edek.ts'
import provider from '../src/kms-provider.ts'
import { fromHex, hex, readVectors, type EdekVector } from './vectors.ts'

const { cases } = readVectors('kroxylicious-edeks.json') as { readonly cases: readonly EdekVector[] }
const { deks } = readVectors('kroxylicious-live.json') as { readonly deks: readonly (readonly [string, string])[] }
const TEXT = `vault:v1:${'A'.repeat(80)}`
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

/** By the grammar: names of ASCII letters, digits, "_", "-" and ".", and a canonical ciphertext of 60 bytes. */
const IN_THE_GRAMMAR = new Set([
  ...[
    'e0000',
    'e0001',
    'e0003',
    'e0021',
    'e0026',
    'e0027',
    'e0028',
    'e0029',
    'e0030',
    'e0033',
    'e0038',
    'e0056',
    'e0057',
    'e0058',
    'e0059',
    'e0061',
    'e0062',
    'e0063',
  ],
])

describe('EDEKs of Kroxylicious', () => {
  it('are there', () => {
    expect([cases.length, deks.length]).toEqual([102, 7])
  })

  it.each(cases.filter(({ kind }) => kind === 'valid'))(
    '$id is written and read byte for byte',
    ({ hex: bytes = '', fields }) => {
      const { keyName = '', ciphertextHex = '' } = fields ?? {}
      const read = decodeLayout(fromHex(bytes))
      expect(read).toEqual({ bound: false, keyName, ciphertext: fromHex(ciphertextHex) })
      expect(hex(encodeEdek({ bound: false, keyName, ciphertext: fromHex(ciphertextHex) }))).toBe(bytes)
    },
  )

  it.each(cases.filter(({ kind }) => kind === 'read-accepted'))(
    '$id ($what), which Java reads, is read when it has one form only',
    ({ hex: bytes = '', sameBytesAgain }) => {
      const read = decodeLayout(fromHex(bytes))
      if (sameBytesAgain === false) expect(read).toBeUndefined()
      else expect(read === undefined ? undefined : hex(encodeEdek(read))).toBe(bytes)
    },
  )

  it.each(cases.filter(({ kind }) => kind === 'read-refused'))(
    '$id ($what), which Java refuses, is refused',
    ({ hex: bytes = '' }) => {
      expect(decodeLayout(fromHex(bytes))).toBeUndefined()
    },
  )

  it('name a KEK exactly when they are in the grammar', () => {
    for (const { id, hex: bytes } of cases) {
      if (bytes !== undefined)
        expect([id, decodeEdek(fromHex(bytes)) !== undefined]).toEqual([id, IN_THE_GRAMMAR.has(id)])
    }
  })

  it('out of records on a broker name their key and its version', () => {
    const named = deks.map(([edek]) => {
      const bytes = Uint8Array.from(Buffer.from(edek, 'base64'))
      const fields = decodeLayout(bytes)
      expect(fields === undefined ? undefined : hex(encodeEdek(fields))).toBe(hex(bytes))
      const kek = decodeEdek(bytes)
      return `${kek?.keyName ?? ''} ${kek?.version ?? ''}`
    })
    expect(named).toEqual([
      'KEK_alpha 1',
      'KEK_alpha 1',
      'KEK_gamma.x 1',
      'KEK_gamma.x 2',
      'KEK_gamma.x 2',
      'KEK_beta 1',
      'KEK_beta 1',
    ])
  })
})

describe('the layout of an EDEK', () => {
  it('is that of Kroxylicious without a context, and an extension of it with one', () => {
    expect(hex(encodeEdek({ bound: false, keyName: 'mykey', ciphertext: ascii('vault:v1:abcd') }))).toBe(
      '056d796b65797661756c743a76313a61626364',
    )
    expect(hex(encodeEdek({ bound: true, keyName: 'mykey', ciphertext: ascii('vault:v1:abcd') }))).toBe(
      '0001056d796b65797661756c743a76313a61626364',
    )
  })

  it.each([true, false])('has one form (bound: %s): any other bytes are no EDEK, or another one', (bound) => {
    const fields = { bound, keyName: 'orders', ciphertext: ascii(TEXT) }
    const edek = encodeEdek(fields)
    expect(decodeLayout(edek)).toEqual(fields)
    for (let bit = 0; bit < edek.length * 8; bit++) {
      const changed = edek.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const read = decodeLayout(changed)
      if (read !== undefined) expect(hex(encodeEdek(read))).toBe(hex(changed))
      expect(decodeEdek(changed)).not.toMatchObject({ keyName: 'orders', ciphertext: TEXT, bound })
    }
  })

  it('is not kept or changed by reading it', () => {
    const edek = encodeEdek({ bound: false, keyName: 'orders', ciphertext: ascii(TEXT) })
    const fields = decodeLayout(edek)
    const before = hex(fields?.ciphertext ?? new Uint8Array())
    edek.fill(0)
    expect(hex(fields?.ciphertext ?? new Uint8Array())).toBe(before)
  })

  it.each([
    ['nothing', ''],
    ['a context of another version', `0002056d796b6579${hex(ascii(TEXT))}`],
    ['a context of no version', '00'],
    ['a bound EDEK without a name', `000100${hex(ascii(TEXT))}`],
    ['a name and nothing else', '056d796b6579'],
    ['a length of two bytes where one would do', `8500${hex(ascii(`mykey${TEXT}`))}`],
    ['a name that is no UTF-8', `02c328${hex(ascii(TEXT))}`],
  ])('is not %s', (_, bytes) => {
    expect(decodeLayout(fromHex(bytes))).toBeUndefined()
  })

  it.each([
    { keyName: '', ciphertext: ascii(TEXT) },
    { keyName: '\ud800', ciphertext: ascii(TEXT) },
    { keyName: 'orders', ciphertext: new Uint8Array(0) },
  ])('is not written for what no reader accepts', (fields) => {
    expect(() => encodeEdek({ bound: false, ...fields })).toThrow(RangeError)
  })
})

describe('readEdek', () => {
  it.each([false, true])(
    'names the key and its version, and no id, because an EDEK does not hold the mount (%s)',
    (bound) => {
      const ciphertext = ascii(`vault:v12:${'A'.repeat(80)}`)
      expect(provider.readEdek?.(encodeEdek({ bound, keyName: 'orders', ciphertext }))).toEqual({
        provider: 'vault',
        name: 'orders',
        version: '12',
      })
    },
  )

  it('returns undefined for any other bytes', () => {
    for (const bytes of [
      new Uint8Array(),
      ascii(TEXT),
      encodeEdek({ bound: false, keyName: 'a/b', ciphertext: ascii(TEXT) }),
    ])
      expect(provider.readEdek?.(bytes)).toBeUndefined()
  })
})

describe('a ciphertext of Vault', () => {
  it.each([
    [TEXT, '1'],
    [`vault:v12:${'/'.repeat(80)}`, '12'],
    [`vault:v999999999:${'+'.repeat(80)}`, '999999999'],
  ])('%s has a version', (text, version) => {
    expect(versionOf(text)).toBe(version)
  })

  it.each([
    '',
    'vault',
    'vault:v1:',
    TEXT.slice(0, -1),
    TEXT.slice(0, -4),
    `${TEXT}A`,
    `${TEXT}AAAA`,
    `${TEXT}\n`,
    `${TEXT}\r\n`,
    `\n${TEXT}`,
    ` ${TEXT}`,
    `${TEXT}=`,
    TEXT.replace('v1', 'v01'),
    TEXT.replace('v1', 'v0'),
    TEXT.replace('v1', 'v+1'),
    TEXT.replace('v1', 'v-1'),
    TEXT.replace('v1', 'v'),
    TEXT.replace('v1', 'v1.0'),
    TEXT.replace('v1', 'v1e0'),
    TEXT.replace('v1', 'v0x1'),
    TEXT.replace('v1', 'v1234567890'),
    TEXT.replace('v1', 'v\u0661'),
    TEXT.replace('v1', 'V1'),
    TEXT.replace('vault', 'VAULT'),
    TEXT.replace('vault', 'bao'),
    `vault:v1:${'A'.repeat(79)}=`,
    `vault:v1:${'A'.repeat(78)}==`,
    `vault:v1:${'A'.repeat(79)}-`,
    `vault:v1:${'A'.repeat(79)}_`,
    `vault:v1:${'A'.repeat(40)}\n${'A'.repeat(39)}`,
    `vault:v1:${'A'.repeat(79)} `,
    `vault:v1:${'A'.repeat(79)}\0`,
    `vault:v1:${'A'.repeat(79)}\u00e9`,
    `vault:v1::${'A'.repeat(79)}`,
    `vault:v1:v1:${'A'.repeat(80)}`,
  ])('%j is none of one canonical form', (text) => {
    expect(versionOf(text)).toBeUndefined()
  })
})
