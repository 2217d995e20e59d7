import { describe, expect, it } from 'vitest'

import { RecordRejections } from '../../src/records/record-rejections.ts'
import { wireRejection } from '../../src/records/rejection.ts'
import { WireError } from '../../src/wire/wire-error.ts'

const PLAINTEXT = { code: 'RECORD_PLAINTEXT', message: 'message' } as const
const rejections = new RecordRejections('t', [{ partition: 3, offset: 7n }, {}])

describe('the error of a rejected record', () => {
  it('names the place of the record, as far as that is known', () => {
    expect(rejections.errorOf(0, PLAINTEXT)).toMatchObject({ topic: 't', index: 0, partition: 3, offset: 7n })
    expect(Object.keys(rejections.errorOf(1, PLAINTEXT)).toSorted()).toEqual(['code', 'index', 'name', 'topic'])
  })
})

describe('a rejection', () => {
  it('is made of bytes that are not of the format, and of nothing else: other faults are no rejection', () => {
    expect(wireRejection(new WireError('malformed', 'm')).code).toBe('RECORD_MALFORMED')
    expect(wireRejection(new WireError('unsupported', 'm')).code).toBe('RECORD_UNSUPPORTED')
    expect(wireRejection(new WireError('too-large', 'm')).code).toBe('RECORD_TOO_LARGE')
    const fault = new TypeError('a fault of ours')
    expect(() => wireRejection(fault)).toThrow(fault)
  })
})
