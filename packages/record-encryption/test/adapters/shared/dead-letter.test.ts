import { Buffer } from 'node:buffer'

import { expect, it } from 'vitest'

import { deadLetterHeaders } from '../../../src/adapters/shared/dead-letter.ts'
import type { RecordErrorCode } from '../../../src/index.ts'

const place = { topic: 't', partition: 3, offset: '7' }
const reasonOf = (code: RecordErrorCode): string | undefined =>
  deadLetterHeaders([], place, { code })
    .find(({ key }) => key === 'keyfold.dlq.reason')
    ?.value?.toString()

it('says one of two reasons and never how an unwrap or an authentication failed', () => {
  const undecryptable: RecordErrorCode[] = [
    'RECORD_MALFORMED',
    'RECORD_UNSUPPORTED',
    'RECORD_AUTHENTICATION',
    'RECORD_EDEK_INVALID',
    'RECORD_KEY_GONE',
    'RECORD_KEY_AHEAD',
    'RECORD_TOO_LARGE',
  ]
  const rejected: RecordErrorCode[] = [
    'RECORD_BINDING',
    'RECORD_PLAINTEXT',
    'RECORD_MARKED',
    'RECORD_NESTED',
    'RECORD_TOMBSTONE',
    'RECORD_KEK_UNTRUSTED',
    'RECORD_DISTRUSTED',
  ]
  expect(new Set(undecryptable.map(reasonOf))).toEqual(new Set(['undecryptable']))
  expect(new Set(rejected.map(reasonOf))).toEqual(new Set(['rejected']))
})

it.each(['keyfold.dlq.topic', 'keyfold.dlq.', 'keyfold.dlq.anything', 'KeyFold.DLQ.topic'])(
  'removes an incoming %s',
  (key) => {
    const kept = { key: 'keyfold.dlqx', value: Buffer.from('kept') }
    const headers = deadLetterHeaders([{ key, value: Buffer.from('forged') }, kept], place, { code: 'RECORD_BINDING' })
    expect(headers.map((each) => [each.key, Buffer.from(each.value ?? []).toString()])).toEqual([
      ['keyfold.dlqx', 'kept'],
      ['keyfold.dlq.topic', 't'],
      ['keyfold.dlq.partition', '3'],
      ['keyfold.dlq.offset', '7'],
      ['keyfold.dlq.reason', 'rejected'],
    ])
  },
)
