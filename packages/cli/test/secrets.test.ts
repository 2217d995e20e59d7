import { Buffer } from 'node:buffer'
import { inspect } from 'node:util'

import { describe, expect, test } from 'vitest'

import * as api from '@keyfold/kms-api'

import {
  CONFIG,
  failingProvider,
  installProvider,
  KEK_CANARY,
  line,
  makeConfigured,
  ndjson,
  type Folder,
} from '../../config/test/support/folder.ts'
import { describeFailure } from '../src/errors/describe-failure.ts'
import { createContext } from '../src/report/create-context.ts'
import { run, summaryOf, type Ran } from './support/run.ts'

const TOKEN = 'hvs.canary-token-0123456789'
const DEK = 'canary-dek-0123456789-abcdefghij'
const VALUE = 'canary-value-of-a-record'

/** Every form in which a secret could be printed. */
const forms = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).join(', '),
]
const CANARIES = [TOKEN, DEK, VALUE, KEK_CANARY, Buffer.from(KEK_CANARY, 'base64').toString('latin1')].flatMap(forms)

function expectNoCanary({ stdout, stderr }: Pick<Ran, 'stdout' | 'stderr'>): void {
  for (const canary of CANARIES) expect(stdout + stderr).not.toContain(canary)
}

const WORDS = [
  ['--log-level', 'debug'],
  ['--log-level', 'debug', '--json'],
]
const everyCommand = async (folder: Folder, stdin: string): Promise<Ran[]> => {
  const commands = [
    ['encrypt', '-o', 'out'],
    ['decrypt', '-o', 'out'],
    ['decrypt', '-o', 'out', '--on-error', 'skip'],
    ['inspect'],
    ['config', 'check'],
  ]
  const ran: Ran[] = []
  for (const command of commands) {
    for (const words of WORDS)
      ran.push(
        await run(
          [...command, '-c', 'keyfold.yaml', ...words.filter((word) => word !== '--json' || command[0] !== 'inspect')],
          { cwd: folder.path, stdin },
        ),
      )
  }
  return ran
}

describe('no output shows a KEK, a DEK, a token or a value', () => {
  test('when all is well', async () => {
    const folder = await makeConfigured()
    const input = ndjson(line('orders', VALUE))
    const sealed = await run(['encrypt', '-c', 'keyfold.yaml', '--log-level', 'debug'], {
      cwd: folder.path,
      stdin: input,
    })
    expectNoCanary(sealed)
    expectNoCanary(await run(['inspect'], { stdin: sealed.stdout }))
    const opened = await run(['decrypt', '-c', 'keyfold.yaml', '--log-level', 'debug'], {
      cwd: folder.path,
      stdin: sealed.stdout,
    })
    expectNoCanary({ stdout: '', stderr: opened.stderr })
  })

  test.each([
    ['the key has another length', CONFIG.replace(KEK_CANARY, Buffer.from(DEK + TOKEN).toString('base64'))],
    ['the key is no base64', CONFIG.replace(KEK_CANARY, TOKEN)],
    ['the key stands where no key belongs', CONFIG.replace('insecure: test-only', `insecure: ${TOKEN}`)],
    ['the key stands in a place of another type', CONFIG.replace('provider: inmemory', `provider: [${TOKEN}]`)],
    ['the document is no YAML behind the key', `${CONFIG}\n"${TOKEN}\n`],
    ['the encryption section is wrong', `${CONFIG}  nested: ${TOKEN}\n`],
  ])('when %s', async (_, config) => {
    for (const ran of await everyCommand(await makeConfigured(config), ndjson(line('orders', VALUE))))
      expectNoCanary(ran)
  })

  test('when records are rejected, whatever is wrong with them', async () => {
    const folder = await makeConfigured()
    const marked = (value: unknown) =>
      JSON.stringify({ topic: 'orders', value, headers: [{ key: 'kroxylicious.io/encryption', value: '\u0002' }] })
    for (const input of [
      line('orders', VALUE),
      marked(VALUE),
      marked(null),
      line('orders', { base64: `${VALUE}!` }),
      `{"topic":"orders","value":"${VALUE}`,
      `{"topic":"orders","value":"${VALUE}","x":"${VALUE}"}`,
    ]) {
      for (const ran of await everyCommand(folder, ndjson(input))) expectNoCanary(ran)
    }
  })

  test('when a provider fails with an error that carries them', async () => {
    const error = `Object.assign(new api.KmsUnavailableError({ provider: 'leaky', operation, cause: Object.assign(new Error('${TOKEN}'), { body: '${DEK}' }) }), { token: '${TOKEN}', dek: '${DEK}' })`
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'leaky'))
    await installProvider(folder, 'leaky', failingProvider('leaky', error))
    for (const ran of await everyCommand(folder, ndjson(line('orders', VALUE)))) {
      expectNoCanary(ran)
      expect(ran.code === 0 || ran.stderr !== '').toBe(true)
    }
  })
})

describe('a provider that knows nothing of the rules', () => {
  const ERROR = `Object.assign(new TypeError('401 for ${TOKEN}'), { code: 'bad token ${TOKEN}', body: '${DEK}', cause: new Error('${TOKEN}') })`
  const leaky = async (source: string): Promise<Folder> => {
    const folder = await makeConfigured(`${CONFIG.replace('inmemory', 'leaky')}  trustedKeks: boundary\n`)
    await installProvider(folder, 'leaky', source)
    return folder
  }
  const SYNC = failingProvider('leaky', ERROR).replaceAll('async () => { throw', '() => { throw')

  test.each([
    ['rejects in every operation', failingProvider('leaky', ERROR)],
    ['throws in every operation', SYNC],
    ['throws in kekOf', failingProvider('leaky', ERROR).replace(/kekOf: .*/, `kekOf: () => { throw ${ERROR} },`)],
    [
      'rejects in create',
      failingProvider('leaky', ERROR).replace('create: async () => kms', `create: async () => { throw ${ERROR} }`),
    ],
    [
      'throws in create',
      failingProvider('leaky', ERROR).replace('create: async () => kms', `create: () => { throw ${ERROR} }`),
    ],
    [
      'rejects in close',
      failingProvider('leaky', ERROR).replace('close: async () => {}', `close: async () => { throw ${ERROR} }`),
    ],
    ['throws something else than an error', failingProvider('leaky', `'${TOKEN}'`)],
    [
      'throws in its schema',
      failingProvider('leaky', ERROR).replace('validate: (value) => ({ value })', `validate: () => { throw ${ERROR} }`),
    ],
    [
      'throws in its JSON Schema',
      failingProvider('leaky', ERROR).replace('input: () =>', `input: () => { throw ${ERROR} }, unused: () =>`),
    ],
    [
      'logs its errors',
      failingProvider('leaky', ERROR).replace(
        'create: async () => kms',
        `create: async (config, { logger }) => {
      const error = ${ERROR}
      logger.warn(error)
      logger.warn({ err: error })
      logger.error({ error, cause: error, other: error }, 'failed')
      return kms
    }`,
      ),
    ],
  ])('and %s shows nothing of what they hold', async (_, source) => {
    const folder = await leaky(source)
    // Cipher, an EDEK of 3 bytes, AAD, IV, tag and a text of 4.
    const base64 = Buffer.from([0, 3, 9, 9, 9, 0, ...new Uint8Array(12 + 16 + 4)]).toString('base64')
    const sealed = line('orders', { base64 }, { headers: [{ key: 'kroxylicious.io/encryption', value: '\u0002' }] })
    for (const input of [line('orders', VALUE), sealed])
      for (const ran of await everyCommand(folder, ndjson(input))) expectNoCanary(ran)
    const schema = await run(['config', 'schema', '-c', 'keyfold.yaml'], { cwd: folder.path })
    expectNoCanary(schema)
  })

  test('still says what kind of fault it is', async () => {
    const error = `Object.assign(new TypeError('for ${TOKEN}'), { code: 'ECONNREFUSED', syscall: 'connect', status: 503 })`
    const folder = await leaky(
      failingProvider('leaky', 'new Error()').replace(
        'create: async () => kms',
        `create: async () => { throw ${error} }`,
      ),
    )
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', '--json'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', VALUE)),
    })
    expect(ran.code).toBe(3)
    expect(summaryOf(ran)).toMatchObject({
      error: {
        code: 'ECONNREFUSED',
        message: 'something failed that is not known here: TypeError (ECONNREFUSED connect 503)',
      },
    })
  })

  test('and quotes the configuration in what its schema complains of shows none of it', async () => {
    const validate =
      '(value) => ({ issues: [{ message: `bad: ${JSON.stringify(value)}`, path: ["keks", 0] }, { message: "Expected fewer" , path: [{ key: "insecure" }] }] })'
    const folder = await leaky(
      failingProvider('leaky', 'new Error()').replace('validate: (value) => ({ value })', `validate: ${validate}`),
    )
    const ran = await run(['config', 'check', '-c', 'keyfold.yaml'], { cwd: folder.path })
    expectNoCanary(ran)
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toBe(
      'keyfold: error: "kms.config.keks[0]" expected what the schema allows, got another object; "kms.config.insecure" expected fewer, got string\n',
    )
  })
})

describe('errors of all kinds', () => {
  const details = {
    provider: 'p',
    operation: 'decryptEdek',
    cause: Object.assign(new Error(TOKEN), { dek: DEK }),
  } as const
  const ERRORS: readonly Error[] = [
    new api.UnknownAliasError('alias', details),
    new api.UnknownKeyError(details),
    new api.KeyUnavailableError('disabled', details),
    new api.InvalidKeyUsageError('a key', details),
    new api.AccessDeniedError(details),
    new api.AuthenticationError(details),
    new api.InvalidEdekError(details),
    new api.KekMismatchError(details),
    new api.ContextUnsupportedError(details),
    new api.ThrottledError(details),
    new api.KmsUnavailableError(details),
    new api.KmsTimeoutError(1, details),
    new api.CircuitOpenError(details),
    new api.KmsOverloadedError(details),
    new api.InvalidResponseError('a key', details),
    new api.KmsConfigError('token', 'expected a token', details),
    new api.KmsClosedError(details),
    new api.DekError('DEK_DESTROYED'),
    new AggregateError([new api.KmsUnavailableError(details)], TOKEN),
    new AggregateError([Object.assign(new Error(TOKEN), { code: TOKEN })], TOKEN),
    Object.assign(new Error(TOKEN), { code: TOKEN, syscall: DEK }),
    Object.assign(new Error(TOKEN), { name: `Error: ${TOKEN}` }),
    new DOMException(TOKEN, TOKEN),
  ]

  test.each(ERRORS)('$name is one line without its cause, in text and in the log', (error) => {
    const written: string[] = []
    const stderr = { write: (text: string) => written.push(text) }
    for (const logFormat of ['text', 'json'] as const) {
      const { logger } = createContext({ logFormat, logLevel: 'debug' }, { stderr } as never)
      logger.error({ err: Object.assign(error, { dek: DEK }) }, 'failed')
    }
    const failure = describeFailure(error)
    expect(failure.message).not.toContain('\n')
    const all = written.join('') + inspect(failure)
    for (const secret of [TOKEN, DEK].flatMap(forms)) expect(all).not.toContain(secret)
    expect(failure.code).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/)
  })

  test('what is no error at all is described as well', () => {
    expect(describeFailure(TOKEN)).toEqual({
      exitCode: 3,
      code: 'UNKNOWN',
      message: 'something failed that does not say what',
    })
  })
})
