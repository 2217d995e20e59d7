import { readFileSync } from 'node:fs'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'

import { createEndRecord, type ValueMode } from '../../src/ndjson/index.ts'
import { parse } from './support.ts'

const schema = JSON.parse(readFileSync(new URL('../../schema/record.schema.json', import.meta.url), 'utf8')) as object
const ajv = new Ajv2020({ strict: true, allErrors: true })
ajv.addSchema(schema)

function isValid(ref: string, value: unknown): boolean {
  const validate = ajv.getSchema(`urn:keyfold:record${ref}`)
  if (validate === undefined) throw new Error(`the schema has no ${ref}`)
  return validate(value) as boolean
}

function parses(line: string, mode: ValueMode): boolean {
  try {
    parse(line, mode)
    return true
  } catch {
    return false
  }
}

/** Lines on which the schema and the parser must agree, with their verdict for data and for JSON values. */
const LINES: [string, boolean, boolean][] = [
  ['{"topic":"t","value":null}', true, true],
  ['{"topic":"t","value":""}', true, true],
  ['{"topic":"t","value":{"base64":"YQ=="}}', true, true],
  ['{"topic":"t","value":{"base64":"YWI="}}', true, true],
  ['{"topic":"t","value":{"base64":""}}', true, true],
  ['{"topic":"t","value":{"base64":"YR=="}}', false, true],
  ['{"topic":"t","value":{"base64":"YWJ="}}', false, true],
  ['{"topic":"t","value":{"base64":"YQ"}}', false, true],
  ['{"topic":"t","value":{"base64":"_-8="}}', false, true],
  ['{"topic":"t","value":{"base64":"YQ==","x":1}}', false, true],
  ['{"topic":"t","value":{}}', false, true],
  ['{"topic":"t","value":1}', false, true],
  ['{"topic":"t","value":[{"a":true}]}', false, true],
  ['{"topic":"t"}', false, false],
  ['{"value":"v"}', false, false],
  ['{"topic":"t","value":"v","partition":0,"offset":0,"timestamp":-1,"key":"k","headers":[]}', true, true],
  ['{"topic":"t","value":"v","headers":[{"key":"h","value":"v"},{"key":"","value":null}]}', true, true],
  ['{"topic":"t","value":"v","headers":[{"key":"h"}]}', false, false],
  ['{"topic":"t","value":"v","headers":[{"value":"v"}]}', false, false],
  ['{"topic":"t","value":"v","headers":[{"key":"h","value":"v","x":1}]}', false, false],
  ['{"topic":"t","value":"v","headers":{}}', false, false],
  ['{"topic":"t","value":"v","x":1}', false, false],
  ['{"topic":"t","value":"v","key":{"a":1}}', false, false],
  ['{"topic":"","value":"v"}', false, false],
  ['{"topic":"..","value":"v"}', false, false],
  ['{"topic":"a b","value":"v"}', false, false],
  ['{"topic":"t","value":"v","partition":2147483648}', false, false],
  ['{"topic":"t","value":"v","partition":-1}', false, false],
  ['{"topic":"t","value":"v","partition":"0"}', false, false],
  ['{"topic":"t","value":"v","offset":9007199254740991}', true, true],
  ['{"topic":"t","value":"v","offset":9007199254740992}', false, false],
  ['{"topic":"t","value":"v","offset":"9007199254740992"}', true, true],
  ['{"topic":"t","value":"v","offset":"12"}', true, true],
  ['{"topic":"t","value":"v","offset":"0"}', true, true],
  ['{"topic":"t","value":"v","offset":"-1"}', false, false],
  ['{"topic":"t","value":"v","offset":"012"}', false, false],
  ['{"topic":"t","value":"v","timestamp":"-1"}', true, true],
  ['{"topic":"t","value":"v","timestamp":"-2"}', false, false],
  ['{"topic":"t","value":"v","offset":-1}', false, false],
  ['{"topic":"t","value":"v","offset":1.5}', false, false],
  ['{"topic":"t","value":"v","timestamp":-2}', false, false],
  ['[]', false, false],
]

describe('record.schema.json', () => {
  it('is valid JSON Schema 2020-12', () => {
    expect(ajv.validateSchema(schema)).toBe(true)
  })

  it.each(LINES)('agrees with the parser about %s', (line, data, json) => {
    const value: unknown = JSON.parse(line)
    expect([isValid('', value), parses(line, 'data')]).toEqual([data, data])
    expect([isValid('#/$defs/recordWithJsonValue', value), parses(line, 'json')]).toEqual([json, json])
  })

  it('describes the end record', () => {
    const end: unknown = JSON.parse(createEndRecord().line())
    expect(isValid('#/$defs/endRecord', end)).toBe(true)
    expect(isValid('', end)).toBe(false)
    expect(isValid('#/$defs/endRecord', { keyfoldEnd: { records: 1 } })).toBe(false)
  })
})
