import { describe, expect, it } from 'vitest'

import {
  AccessDeniedError,
  InvalidKeyUsageError,
  KeyUnavailableError,
  UnknownKeyError,
  type Kek,
} from '@keyfold/kms-api'

import { keyGoneText } from '../../src/errors/key-gone-text.ts'
import { forgeableText, keyAheadText, untrustedText } from '../../src/errors/rejection-texts.ts'
import { RecordBindingError, RecordError, type RecordErrorDetails } from '../../src/index.ts'
import { bytes, marker, records, rejectionOf, setUp } from '../records/support.ts'

const messageOf = (place: Partial<RecordErrorDetails>): string =>
  new RecordError('RECORD_BINDING', 'text', { topic: 'payments', index: 4, ...place }).message

describe('the message of a RecordError', () => {
  it.each([
    [{ partition: 0, offset: '17' }, 'payments/0@17'],
    [{ partition: 0, offset: 17n }, 'payments/0@17'],
    [{ partition: 12, offset: 17 }, 'payments/12@17'],
    [{ partition: 0, offset: 0 }, 'payments/0@0'],
    [{ partition: 3 }, 'payments/3[4]'],
    [{ offset: '17' }, 'payments@17'],
    [{}, 'payments[4]'],
    [{ index: -1 }, 'payments'],
  ] as const)('begins with code and place, as far as it is known: %o', (place, text) => {
    expect(messageOf(place)).toBe(`RECORD_BINDING ${text}: text`)
  })

  it('quotes, escapes and cuts what is no name or number', () => {
    const hostile = `x\n\u001b[31m\u202e${'y'.repeat(10_000)}`
    for (const place of [{ topic: hostile }, { offset: hostile }, { partition: hostile as unknown as number }]) {
      const message = messageOf(place)
      expect(message).not.toMatch(/[\n\u001b\u202e]/)
      expect(message.length).toBeLessThan(300)
    }
    expect(messageOf({ offset: 10n ** 500n }).length).toBeLessThan(100)
  })

  it('begins so for a RecordBindingError too', () => {
    const error = new RecordBindingError('key', 'a', 'text', { topic: 't', index: 0, partition: 1, offset: 2 })
    expect(error.message).toBe('RECORD_BINDING t/1@2: text')
  })

  it('says what happened in each case', async () => {
    const { encryption } = await setUp(
      {
        topics: [
          { match: 'clear', plaintext: 'allow' },
          { match: 'other', kek: 'two' },
          { match: 'strict', kek: 'kek', tombstones: 'reject' },
          { match: 't', kek: 'kek' },
        ],
      },
      ['kek', 'two'],
    )
    const [sealed] = await encryption.encrypt('t', records(1))
    const [other] = await encryption.encrypt('other', records(1))
    const saying = async (call: Promise<unknown>): Promise<string> => ((await rejectionOf(call)) as Error).message
    expect(await saying(encryption.decrypt('t', [{ value: bytes('x'), partition: 0, offset: '17' }]))).toBe(
      'RECORD_PLAINTEXT t/0@17: the record is not encrypted, and the rule for this topic does not allow plaintext',
    )
    expect(await saying(encryption.decrypt('strict', [{ value: null }]))).toBe(
      'RECORD_TOMBSTONE strict[0]: the record is a tombstone, and the rule for this topic rejects tombstones',
    )
    expect(await saying(encryption.encrypt('strict', [{ value: null }]))).toBe(
      'RECORD_TOMBSTONE strict[0]: the record is a tombstone, and the rule for this topic rejects tombstones',
    )
    expect(await saying(encryption.decrypt('nowhere', []))).toBe(
      'RECORD_NO_RULE nowhere: no rule matches this topic; add one (use plaintext: allow to send it in clear)',
    )
    expect(await saying(encryption.decrypt('t', other ? [other] : []))).toMatch(
      /^RECORD_KEK_UNTRUSTED t\[0\]: the record was encrypted under KEK "([0-9a-f-]{36})", which the rule for this topic does not trust: either it is an old KEK of this topic, or somebody moved the record here; if it is an old KEK, add to topics\[3\]: previousKeks: \[\{ id: "\1" \}\]$/,
    )
    for (const call of [
      encryption.decrypt('clear', [sealed!]),
      encryption.decrypt('t', [{ ...sealed!, headers: [marker(), marker()] }]),
      encryption.encrypt('t', [sealed!]),
      encryption.decrypt('t', [{ ...sealed!, key: bytes('k') }]),
      encryption.decrypt('t', [{ ...sealed!, value: null }]),
    ]) {
      const message = await saying(call)
      expect(message).toMatch(/^RECORD_[A-Z_]+ [a-z]+\[0\]: the record /)
      expect(message).not.toMatch(/record expected|refuse|verdict/)
    }
  })
})

describe('the message about a key that is gone', () => {
  const kek: Kek = { provider: 'p', id: 'transit/payments', version: '3', wrapping: 'authenticated' }
  const details = { provider: 'p', operation: 'decryptEdek', kek } as const

  it.each([
    [new KeyUnavailableError('disabled', details), 'is disabled; enable it'],
    [new KeyUnavailableError('pending-deletion', details), 'cancel the deletion'],
    [new KeyUnavailableError('too-old', details), 'is older than the KMS decrypts; lower the minimum version'],
    [new KeyUnavailableError('version-unavailable', details), 'enable or restore that version'],
    [new KeyUnavailableError('unresponsive', details), 'gets no usable response'],
    [new KeyUnavailableError('of a\nvendor', details), 'cannot be used now (state "of a\\nvendor")'],
    [new KeyUnavailableError('constructor', details), 'cannot be used now (state "constructor")'],
    [new UnknownKeyError(details), 'does not exist in the KMS'],
    [new AccessDeniedError({ ...details, permission: 'kms:Decrypt' }), 'grant kms:Decrypt'],
    [new AccessDeniedError(details), 'grant permission to decrypt with it'],
    [new InvalidKeyUsageError('an AES key', details), 'is of another kind'],
  ])('names version and state, and how to undo it: %s', (error, part) => {
    const text = keyGoneText(kek, error)
    expect(text).toContain('version "3" of KEK "transit/payments", which the record names, ')
    expect(text).toContain(part)
    expect(keyGoneText({ ...kek, version: undefined }, error)).toMatch(/^(a version of )?KEK "transit\/payments", /)
  })

  it.each([untrustedText, forgeableText, keyAheadText])('quotes, escapes and cuts what a record holds', (text) => {
    const hostile = `\n\u001b[2J${'x'.repeat(50_000)}`
    const said = text({ ...kek, id: hostile, version: hostile }, 0)
    expect(said).not.toMatch(/[\n\u001b]/)
    expect(said.length).toBeLessThan(900)
  })
})
