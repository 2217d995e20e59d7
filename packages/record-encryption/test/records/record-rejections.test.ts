import { describe, expect, it } from 'vitest'

import { RecordRejections } from '../../src/records/record-rejections.ts'
import { WireError } from '../../src/wire/wire-error.ts'

const verdicts = new RecordRejections('t', [{ value: null, partition: 3, offset: 7n }, { value: null }])

describe('a verdict', () => {
  it('names the place of the record, as far as that is known', () => {
    expect(verdicts.refuse(0, 'RECORD_PLAINTEXT', 'message')).toMatchObject({
      topic: 't',
      index: 0,
      partition: 3,
      offset: 7n,
    })
    expect(Object.keys(verdicts.refuse(1, 'RECORD_PLAINTEXT', 'message')).toSorted()).toEqual([
      'code',
      'index',
      'name',
      'topic',
    ])
  })

  it('is made of bytes that are not of the format, and of nothing else: other faults are no verdict', () => {
    expect(verdicts.refuseBytes(0, new WireError('malformed', 'm')).code).toBe('RECORD_MALFORMED')
    expect(verdicts.refuseBytes(0, new WireError('unsupported', 'm')).code).toBe('RECORD_UNSUPPORTED')
    const fault = new TypeError('a fault of ours')
    expect(() => verdicts.refuseBytes(0, fault)).toThrow(fault)
  })
})
