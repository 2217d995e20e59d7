import { describeType, formatPath } from '@keyfold/kms-api'
import { isTopicName } from '@keyfold/record-encryption'

import { countStrings, expectWellFormed, parseData } from './data.ts'
import { parseInt64, parsePartition } from './integers.ts'
import { NdjsonError } from './ndjson-error.ts'
import type { NdjsonHeader, NdjsonRecord } from './ndjson-record.ts'

/** Smallest timestamp; Kafka has -1 for "none". */
export const MIN_TIMESTAMP = -1

/** Smallest offset. */
export const MIN_OFFSET = 0

const NO_BYTES = new Uint8Array(0)
const LINE_MEMBERS = 'topic, partition, offset, timestamp, key, value, headers'

interface MemberOptions {
  readonly line: number
  readonly topic: string | undefined
  readonly withoutTopic?: boolean | undefined
  /** Whether the value is JSON of its own: it is then not looked at, and empty bytes stand for it. */
  readonly json: boolean
}

/** A record, and how many strings its line has if no member stands twice; those inside of a JSON value not counted. */
export interface Members {
  readonly record: NdjsonRecord
  readonly strings: number
}

/** Turns a parsed line into a record. Every member must be known and of the right type. */
export function readMembers(parsed: unknown, options: MemberOptions): Members {
  const { line, json } = options
  if (!isObject(parsed)) throw new NdjsonError(`"$" expected a JSON object, got ${describeType(parsed)}`, { line })
  let topic: string | undefined
  let partition: number | undefined
  let offset: number | string | undefined
  let timestamp: number | string | undefined
  let key: Uint8Array | null = null
  let value: Uint8Array | null | undefined
  let headers: NdjsonHeader[] | undefined
  let strings = 0
  for (const name of Object.keys(parsed)) {
    const member = parsed[name]
    strings++
    switch (name) {
      case 'topic':
        topic = parseTopic(member, line)
        strings++
        break
      case 'partition':
        partition = parsePartition(member, line)
        break
      case 'offset':
        offset = parseInt64(member, name, MIN_OFFSET, line)
        if (typeof member === 'string') strings++
        break
      case 'timestamp':
        timestamp = parseInt64(member, name, MIN_TIMESTAMP, line)
        if (typeof member === 'string') strings++
        break
      case 'key':
        key = parseData(member, line, '$.key')
        strings += countStrings(member)
        break
      case 'value':
        if (json) value = member === null ? null : NO_BYTES
        else {
          value = parseData(member, line, '$.value')
          strings += countStrings(member)
        }
        break
      case 'headers': {
        const list = parseHeaders(member, line)
        if (list.headers.length > 0) headers = list.headers
        strings += list.strings
        break
      }
      default:
        throw unknownMember([name], LINE_MEMBERS, line)
    }
  }
  topic = options.topic ?? topic ?? (options.withoutTopic === true ? '' : undefined)
  if (value === undefined) throw missing('value', 'a tombstone is null', line)
  if (topic === undefined) throw missing('topic', '--topic gives all records one', line)
  return { record: { topic, partition, offset, timestamp, key, value, headers }, strings }
}

function parseTopic(value: unknown, line: number): string {
  if (typeof value === 'string' && isTopicName(value)) return value
  const got = typeof value === 'string' ? 'another string' : describeType(value)
  throw new NdjsonError(`"$.topic" expected 1 to 249 of A-Z a-z 0-9 . _ -, got ${got}`, { line, path: '$.topic' })
}

function parseHeaders(value: unknown, line: number): { headers: NdjsonHeader[]; strings: number } {
  if (!Array.isArray(value))
    throw new NdjsonError(`"$.headers" expected an array, got ${describeType(value)}`, { line, path: '$.headers' })
  let strings = 0
  const headers = value.map((header: unknown, index) => {
    const path = `$.headers[${index}]`
    if (!isObject(header))
      throw new NdjsonError(`"${path}" expected an object, got ${describeType(header)}`, { line, path })
    for (const name of Object.keys(header)) {
      if (name !== 'key' && name !== 'value') throw unknownMember(['headers', index, name], 'key, value', line)
    }
    const { key, value: datum } = header
    if (typeof key !== 'string') {
      throw new NdjsonError(`"${path}.key" expected a string, got ${describeType(key)}`, { line, path: `${path}.key` })
    }
    expectWellFormed(key, line, `${path}.key`)
    strings += 3 + countStrings(datum)
    return { key, value: parseData(datum, line, `${path}.value`) }
  })
  return { headers, strings }
}

function missing(name: string, hint: string, line: number): NdjsonError {
  return new NdjsonError(`"$.${name}" expected to be there, got nothing; ${hint}`, { line, path: `$.${name}` })
}

function unknownMember(segments: readonly (string | number)[], known: string, line: number): NdjsonError {
  const path = formatPath(segments, '$')
  return new NdjsonError(`"${path}" expected one of the members ${known}, got another name`, { line, path })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
