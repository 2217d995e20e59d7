import { inspect } from 'node:util'

import { describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'

import {
  createSecret,
  isKmsError,
  type KmsConfigError,
  type SecretConfig,
  type StandardIssue,
  type StandardSchemaV1,
} from '../../src/index.ts'
import { configProblems, parseConfig, secretSchema } from '../../src/provider-kit/index.ts'

const CANARY = 'hvs-canary-4f1d9a'

async function failure(schema: StandardSchemaV1, config: unknown): Promise<KmsConfigError> {
  try {
    await parseConfig(schema, config, { provider: 'example' })
  } catch (error) {
    if (isKmsError(error, 'KMS_CONFIG')) return error as KmsConfigError
    throw error
  }
  throw new Error('expected a failure, got none')
}

/** A schema of another library: it reports what the test says. */
function foreign(...issues: readonly StandardIssue[]): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'other', validate: () => ({ issues }) } }
}

const schema = z.strictObject({
  address: z.url(),
  mount: z.string().min(1).default('transit'),
  retries: z.int().max(5).optional(),
  kind: z.enum(['a', 'b']).optional(),
  keks: z.array(z.strictObject({ alias: z.string() })).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  auth: z.discriminatedUnion('method', [
    z.strictObject({ method: z.literal('token'), token: secretSchema }),
    z.strictObject({ method: z.literal('none') }),
  ]),
})
const good = { address: 'https://vault:8200', auth: { method: 'token', token: { value: CANARY } } }

describe('a configuration', () => {
  it('becomes what the schema makes of it', async () => {
    const config = await parseConfig(schema, good, { provider: 'example' })
    expect(config).toEqual({ ...good, mount: 'transit' })
    expectTypeOf(config).toEqualTypeOf<z.infer<typeof schema>>()
  })

  it('may be checked asynchronously', async () => {
    const slow = z
      .string()
      .refine(async (text) => Promise.resolve(text !== 'bad'), { error: 'expected something good' })
    const schemaOf: StandardSchemaV1<unknown, string> = {
      '~standard': { ...slow['~standard'], validate: (value) => slow['~standard'].validate(value) },
    }
    expect(await parseConfig(schemaOf, 'good', { provider: 'example' })).toBe('good')
    expect((await failure(schemaOf, 'bad')).message).toBe('the configuration expected something good, got string')
  })

  it.each<[string, unknown, string, string]>([
    ['a missing field', { auth: good.auth }, 'address', 'expected string, got undefined'],
    ['a wrong type', { ...good, retries: 'many' }, 'retries', 'expected number, got string'],
    [
      'a wrong format',
      { ...good, address: 'vault' },
      'address',
      'expected a valid string, got another one: Invalid URL',
    ],
    ['an empty text', { ...good, mount: '' }, 'mount', 'expected string to have >=1 characters, got an empty string'],
    ['a large number', { ...good, retries: 9 }, 'retries', 'expected number to be <=5, got number'],
    ['another choice', { ...good, kind: 'zzzz' }, 'kind', 'expected one of "a"|"b", got string'],
    ['another method', { ...good, auth: { method: 'tokens' } }, 'auth.method', "expected 'token' | 'none', got string"],
    [
      'an element of a list',
      { ...good, keks: [{ alias: 'x' }, { alias: null }] },
      'keks[1].alias',
      'expected string, got null',
    ],
    ['an odd key', { ...good, labels: { 'a b\n': 5 } }, 'labels["a b\\n"]', 'expected string, got number'],
    [
      'an unknown key',
      { ...good, adress: 'x' },
      'adress',
      'expected to be absent, got an unknown key; check its spelling',
    ],
    [
      'an unknown key inside',
      { ...good, auth: { method: 'none', token: CANARY } },
      'auth.token',
      'expected to be absent, got an unknown key; check its spelling',
    ],
    [
      'two sources of a secret',
      { ...good, auth: { method: 'token', token: { value: CANARY, env: 'X' } } },
      'auth.token',
      'expected exactly one of "value", "file" and "env", with a non-empty string, got object',
    ],
    [
      'no source of a secret',
      { ...good, auth: { method: 'token', token: {} } },
      'auth.token',
      'expected exactly one of "value", "file" and "env", with a non-empty string, got object',
    ],
    [
      'a secret as bare text',
      { ...good, auth: { method: 'token', token: CANARY } },
      'auth.token',
      'expected exactly one of "value", "file" and "env", with a non-empty string, got string',
    ],
    [
      'an empty secret',
      { ...good, auth: { method: 'token', token: { value: '' } } },
      'auth.token.value',
      'expected string to have >=1 characters, got an empty string',
    ],
  ])('with %s is refused, with the path and what was expected', async (_, config, path, problem) => {
    const error = await failure(schema, config)
    expect(error).toMatchObject({ path, provider: 'example', operation: 'create', message: `"${path}" ${problem}` })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
  })

  it.each([undefined, null, 'text', 5, []])('that is %j is refused as a whole', async (config) => {
    const error = await failure(schema, config)
    expect(error.path).toBe('')
    expect(error.message).toMatch(/^the configuration expected object, got \w+$/)
  })

  it('with several faults names the others too, and not without end', async () => {
    expect((await failure(schema, { auth: good.auth, retries: 'x', one: 1 })).message).toBe(
      '"address" expected string, got undefined; also wrong: "retries", "one"',
    )
    const many = { ...good, ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key${i}`, 1])) }
    expect((await failure(schema, many)).message).toBe(
      '"key0" expected to be absent, got an unknown key; check its spelling; also wrong: "key1", "key2", "key3", "key4", "key5" and more',
    )
  })
})

describe('what is wrong with a configuration', () => {
  const problemsOf = async (config: unknown) =>
    configProblems((await schema['~standard'].validate(config)).issues ?? [], config)

  it('can be had one by one, each with its path as it is', async () => {
    expect(await problemsOf({ auth: good.auth, retries: CANARY, one: 1, two: 2, keks: [{ alias: 5 }] })).toEqual([
      { path: ['address'], problem: 'expected string, got undefined' },
      { path: ['retries'], problem: 'expected number, got string' },
      { path: ['keks', 0, 'alias'], problem: 'expected string, got number' },
      { path: ['one'], problem: 'expected to be absent, got an unknown key; check its spelling' },
      { path: ['two'], problem: 'expected to be absent, got an unknown key; check its spelling' },
    ])
  })

  it('is at least one thing, and quotes no value', () => {
    expect(configProblems([], good)).toEqual([
      { path: [], problem: 'expected what the schema allows, got something else' },
    ])
    expect(configProblems([{ message: `not ${CANARY}` }], good)).toEqual([
      { path: [], problem: 'expected what the schema allows, got another object' },
    ])
  })
})

describe('a schema of another library', () => {
  it.each<[string, StandardIssue, string]>([
    [
      'quotes what it received',
      { message: `Invalid length: Expected >=99 but received "${CANARY}"`, path: [{ key: 'auth' }, 'token', 'value'] },
      '"auth.token.value" expected what the schema allows, got another string',
    ],
    [
      'quotes a secret from elsewhere',
      { message: `does not fit ${CANARY}`, path: ['address'] },
      '"address" expected what the schema allows, got another string',
    ],
    [
      'quotes in an issue of the whole',
      { message: `bad: https://vault:8200` },
      'the configuration expected what the schema allows, got another object',
    ],
    [
      'says it in its own words',
      { message: 'Too\u001b[31m \u202eodd', path: ['mount', 0] },
      '"mount[0]" expected a valid value, got another one: Too\\u001b[31m \\u202eodd',
    ],
  ])('that %s puts no value and no control character into the message', async (_, issue, message) => {
    expect((await failure(foreign(issue), good)).message).toBe(message)
  })

  it('may quote secrets with escapes, numbers and values that contain themselves, and still shows none', async () => {
    const config: Record<string, unknown> = {
      token: { value: 'line\n"quoted"' },
      pin: { value: 123456 },
      big: { value: 99999999n },
    }
    config['self'] = config
    for (const quoted of ['line\\n\\"quoted\\"', '123456', '99999999']) {
      expect((await failure(foreign({ message: `got ${quoted}`, path: ['address'] }), config)).message).toBe(
        '"address" expected what the schema allows, got another value',
      )
    }
  })

  it('that reports failure without an issue is believed', async () => {
    expect((await failure(foreign(), good)).message).toBe(
      'the configuration expected what the schema allows, got something else',
    )
  })

  it('that throws is reported without what it threw', async () => {
    const broken: StandardSchemaV1 = {
      '~standard': {
        version: 1,
        vendor: 'other',
        validate: () => {
          throw new SyntaxError(CANARY)
        },
      },
    }
    const error = await failure(broken, good)
    expect(error).toMatchObject({
      path: '',
      message: 'the configuration could not be checked: its schema failed',
      cause: { name: 'SyntaxError' },
    })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
  })
})

describe('the schema of a secret', () => {
  it.each([{ value: 'x' }, { file: 'x' }, { env: 'X' }])('accepts %j, which createSecret takes', async (config) => {
    const parsed = await parseConfig(secretSchema, config, { provider: 'example' })
    expectTypeOf(parsed).toExtend<SecretConfig>()
    expect(() => createSecret(parsed, { baseDirectory: '/', path: 'x', provider: 'example' })).not.toThrow()
  })

  it('is written as JSON Schema for editors: three forms, nothing beside them', () => {
    expect(secretSchema['~standard'].jsonSchema.input({ target: 'draft-2020-12' })).toMatchObject({
      anyOf: ['value', 'file', 'env'].map((name) => ({
        type: 'object',
        properties: { [name]: { type: 'string', minLength: 1 } },
        required: [name],
        additionalProperties: false,
      })),
    })
  })
})
