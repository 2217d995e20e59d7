import { Buffer } from 'node:buffer'

import { describe, expect, it } from 'vitest'

import { BindingVerifier, UNBOUND } from '../../src/binding/binding-verifier.ts'
import type { KafkaRecord, RecordHeader } from '../../src/index.ts'
import type { CompiledRule } from '../../src/topics/rule.ts'
import { WireError } from '../../src/wire/wire-error.ts'
import { field, trailerByHand, type HandBinding } from '../compat/by-hand.ts'

const KEY = Buffer.from('k')
const RECORD: KafkaRecord = { key: KEY, value: null, partition: 3 }
const MODES = ['verify-if-present', 'require'] as const

interface Given {
  readonly binding?: Partial<CompiledRule['binding']>
  readonly mapped?: readonly string[]
  readonly record?: KafkaRecord
  readonly headers?: readonly RecordHeader[]
}

/** Verifies a trailer between other bytes, as a reader of topic "t". */
function verify(trailer: Uint8Array, { binding = {}, mapped = [], record = RECORD, headers = [] }: Given = {}) {
  const rule: CompiledRule['binding'] = {
    write: true,
    read: 'verify-if-present',
    key: 'verify',
    partition: false,
    headers: [],
    ...binding,
  }
  const bytes = Buffer.concat([Buffer.from('KF'), trailer, Buffer.from('KF')])
  return new BindingVerifier('t', rule, mapped).verify(bytes, 2, bytes.length - 2, record, headers)
}

function trailer(binding: Partial<HandBinding> = {}): Buffer {
  return trailerByHand({ topic: 't', key: KEY, ...binding })
}

const header = (key: string, value: string): RecordHeader => ({ key, value: Buffer.from(value) })

describe('a record with a binding trailer', () => {
  it.each(MODES)('is bound to its topic and key, with "%s"', (read) => {
    expect(verify(trailer(), { binding: { read } })).toEqual({ status: 'decrypted', bound: ['topic', 'key'] })
    for (const key of [null, new Uint8Array(), Buffer.alloc(64, 1), Buffer.alloc(65, 1)]) {
      expect(verify(trailer({ key }), { binding: { read }, record: { key, value: null } })).toMatchObject({
        bound: ['topic', 'key'],
      })
    }
    expect(verify(trailer({ key: null }), { binding: { read }, record: { value: null } })).toMatchObject({
      bound: ['topic', 'key'],
    })
  })

  it.each(MODES)('of another topic is a mismatch that says both topics and the line to add, with "%s"', (read) => {
    for (const topic of ['u', 'tt', 'T', 't.']) {
      expect(verify(trailer({ topic }), { binding: { read } })).toEqual({
        field: 'topic',
        boundTopic: topic,
        message:
          `the record was written for topic "${topic}" and read from "t"; ` +
          `if that is meant, add to the configuration: topicMapping: { "t": ["${topic}"] }`,
      })
    }
  })

  it('of a topic that is mapped is bound, and of no further one', () => {
    expect(verify(trailer({ topic: 'u' }), { mapped: ['s', 'u'] })).toMatchObject({ bound: ['topic', 'key'] })
    expect(verify(trailer({ topic: 'v' }), { mapped: ['s', 'u'] })).toMatchObject({ field: 'topic', boundTopic: 'v' })
    expect(verify(trailer(), { mapped: ['s', 'u'] })).toMatchObject({ bound: ['topic', 'key'] })
  })

  it.each(MODES)('of another key is a mismatch, with "%s"', (read) => {
    for (const key of [null, new Uint8Array(), Buffer.from('K'), Buffer.from('kk'), Buffer.alloc(65)]) {
      expect(verify(trailer({ key }), { binding: { read } })).toMatchObject({ field: 'key', boundTopic: 't' })
    }
    expect(verify(trailer(), { binding: { read }, record: { value: null } })).toMatchObject({
      field: 'key',
      boundTopic: 't',
    })
  })

  it('of another key opens where the key is ignored, and is then not said to be bound to it', () => {
    expect(verify(trailer({ key: null }), { binding: { key: 'ignore' } })).toEqual({
      status: 'decrypted',
      bound: ['topic'],
    })
    expect(verify(trailer({ topic: 'u' }), { binding: { key: 'ignore' } })).toMatchObject({ field: 'topic' })
  })

  it.each(MODES)(
    'that names its partition is bound to it, with "%s", also where the rule does not ask for that',
    (read) => {
      for (const partition of [true, false]) {
        const binding = { read, partition }
        expect(verify(trailer({ partition: 3 }), { binding })).toMatchObject({ bound: ['topic', 'key', 'partition'] })
        expect(verify(trailer({ partition: 4 }), { binding })).toMatchObject({
          field: 'partition',
          message: 'the record was written for partition 4 and read from 3',
        })
        expect(verify(trailer({ partition: 0 }), { binding, record: { key: KEY, value: null } })).toMatchObject({
          field: 'partition',
          message: expect.stringContaining('without its partition') as string,
        })
      }
    },
  )

  it('without a partition is a mismatch only where the rule requires one', () => {
    expect(verify(trailer(), { binding: { read: 'require', partition: true } })).toMatchObject({
      field: 'partition',
      boundTopic: 't',
    })
    expect(verify(trailer(), { binding: { read: 'verify-if-present', partition: true } })).toMatchObject({
      bound: ['topic', 'key'],
    })
  })

  it.each(MODES)('that names headers is bound to their values, with "%s"', (read) => {
    const headers = [header('a', '1'), header('b', '2')]
    const bound = trailer({ names: ['a', 'none'], headers })
    expect(verify(bound, { binding: { read }, headers })).toMatchObject({
      bound: ['topic', 'key', 'headers:a', 'headers:none'],
    })
    expect(verify(bound, { binding: { read }, headers: [header('a', '1')] })).toMatchObject({
      bound: ['topic', 'key', 'headers:a', 'headers:none'],
    })
    for (const changed of [
      [],
      [header('a', '2')],
      [header('a', '1'), header('a', '1')],
      [header('a', '1'), header('none', '')],
    ]) {
      expect(verify(bound, { binding: { read }, headers: changed })).toMatchObject({
        field: 'headers',
        message: 'the record was written with other headers',
      })
    }
  })

  it('without a header that the rule requires is a mismatch that names it', () => {
    const headers = [header('a', '1')]
    const some = { binding: { read: 'require', headers: ['a', 'b'] }, headers } as const
    expect(verify(trailer({ names: ['a'], headers }), some)).toMatchObject({
      field: 'headers',
      message: expect.stringContaining('"b"') as string,
    })
    expect(verify(trailer(), some)).toMatchObject({
      field: 'headers',
      message: expect.stringContaining('"a"') as string,
    })
    expect(verify(trailer({ names: ['a', 'b'], headers }), some)).toMatchObject({
      bound: ['topic', 'key', 'headers:a', 'headers:b'],
    })
    expect(verify(trailer(), { ...some, binding: { headers: ['a', 'b'] } })).toMatchObject({ bound: ['topic', 'key'] })
  })

  it.each(MODES)('that is not of the grammar is malformed, with "%s"', (read) => {
    for (const bytes of [
      Buffer.from('KF'),
      trailer().subarray(0, -1),
      Buffer.concat([trailer(), Buffer.of(0)]),
      Buffer.concat([trailer(), field(7, KEY)]),
    ]) {
      expect(() => verify(bytes, { binding: { read } })).toThrow(WireError)
    }
  })

  it('may hold fields of a later version', () => {
    expect(verify(Buffer.concat([trailer(), field(0x80, KEY)]))).toMatchObject({ bound: ['topic', 'key'] })
  })

  it('is not looked at where binding is off', () => {
    for (const bytes of [trailer(), trailer({ topic: 'u' }), Buffer.from('KF'), Buffer.alloc(0)]) {
      expect(verify(bytes, { binding: { read: 'off' } })).toEqual({ status: 'decrypted', bound: [] })
    }
  })
})

describe('a record without a binding trailer', () => {
  it('opens unbound, unless the rule requires one', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('K'), Buffer.from('xF\x01'), Buffer.alloc(40)]) {
      expect(verify(bytes)).toBe(UNBOUND)
      expect(verify(bytes, { binding: { read: 'require' } })).toMatchObject({ field: 'trailer', boundTopic: undefined })
    }
  })
})
