import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { MessageChannel } from 'node:worker_threads'

import { afterEach, describe, expect, it, vi } from 'vitest'

import { createSecret, isKmsError, type KmsConfigError, type SecretConfig } from '../../src/index.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

const CANARY = 'canary-4f1d9a'
const options = { baseDirectory: '/nowhere', path: 'auth.token', provider: 'example' }

afterEach(() => {
  vi.unstubAllEnvs()
})

async function failure(run: () => unknown): Promise<KmsConfigError> {
  try {
    await run()
  } catch (error) {
    if (isKmsError(error, 'KMS_CONFIG')) return error as KmsConfigError
    throw error
  }
  throw new Error('expected a failure, got none')
}

describe('a secret', () => {
  it('reveals a value as it is, newline included', async () => {
    expect(await createSecret({ value: `${CANARY}\n` }, options).reveal()).toBe(`${CANARY}\n`)
  })

  it.each([
    ['no newline', 'x', 'x'],
    ['one newline', 'x\n', 'x'],
    ['a Windows newline', 'x\r\n', 'x'],
    ['two newlines', 'x\n\n', 'x\n'],
    ['a carriage return alone', 'x\r', 'x\r'],
    ['spaces', ' x \n', ' x '],
    ['a newline inside', 'x\ny\n', 'x\ny'],
    ['text', 'é…\n', 'é…'],
  ])('cuts one final newline of a file with %s', async (_, content, expected) => {
    const baseDirectory = temporaryDirectory({ 'secrets/token': content })
    expect(await createSecret({ file: 'secrets/token' }, { ...options, baseDirectory }).reveal()).toBe(expected)
    expect(await createSecret({ file: join(baseDirectory, 'secrets/token') }, options).reveal()).toBe(expected)
  })

  it('reads a file again at each reveal, so that a renewed secret is found', async () => {
    const baseDirectory = temporaryDirectory({ token: 'old\n' })
    const secret = createSecret({ file: 'token' }, { ...options, baseDirectory })
    expect(await secret.reveal()).toBe('old')
    writeFileSync(join(baseDirectory, 'token'), 'new')
    expect(await secret.reveal()).toBe('new')
    rmSync(join(baseDirectory, 'token'))
    await expect(secret.reveal()).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'auth.token.file' })
  })

  it('reads an environment variable again at each reveal', async () => {
    const secret = createSecret({ env: 'KEYFOLD_TEST_TOKEN' }, options)
    vi.stubEnv('KEYFOLD_TEST_TOKEN', 'old')
    expect(await secret.reveal()).toBe('old')
    vi.stubEnv('KEYFOLD_TEST_TOKEN', 'new\n')
    expect(await secret.reveal()).toBe('new\n')
  })

  it('reads nothing before it is asked to', () => {
    expect(() => createSecret({ file: 'missing' }, options)).not.toThrow()
    expect(() => createSecret({ env: 'KEYFOLD_TEST_UNSET' }, options)).not.toThrow()
  })

  it.each<[string, unknown, string, string]>([
    ['nothing', {}, 'auth.token', '"auth.token" expected exactly one of "value", "file" and "env", got 0'],
    [
      'two sources',
      { value: CANARY, env: 'X' },
      'auth.token',
      '"auth.token" expected exactly one of "value", "file" and "env", got 2',
    ],
    ['bare text', CANARY, 'auth.token', '"auth.token" expected an object with "value", "file" or "env", got string'],
    ['null', null, 'auth.token', '"auth.token" expected an object with "value", "file" or "env", got null'],
    ['a number', { value: 5 }, 'auth.token.value', '"auth.token.value" expected a non-empty string, got number'],
    [
      'an empty value',
      { value: '' },
      'auth.token.value',
      '"auth.token.value" expected a non-empty string, got an empty string',
    ],
    [
      'an empty file name',
      { file: '' },
      'auth.token.file',
      '"auth.token.file" expected a non-empty string, got an empty string',
    ],
    ['null as variable', { env: null }, 'auth.token.env', '"auth.token.env" expected a non-empty string, got null'],
  ])('refuses %s at once and names the field', async (_, config, path, message) => {
    const error = await failure(() => createSecret(config as SecretConfig, options))
    expect(error).toMatchObject({ path, message, provider: 'example', operation: 'create', retryable: false })
  })

  it('names the field of a variable that is not set or empty, and takes nothing that objects inherit', async () => {
    vi.stubEnv('KEYFOLD_TEST_EMPTY', '')
    for (const env of ['KEYFOLD_TEST_UNSET', 'KEYFOLD_TEST_EMPTY', 'constructor', '__proto__']) {
      const error = await failure(() => createSecret({ env }, options).reveal())
      expect(error.message).toMatch(
        /^"auth\.token\.env" expected the name of an environment variable with a value, got/,
      )
      expect(error.message).not.toContain(env)
    }
  })

  it.each<[string, string | Uint8Array, string]>([
    ['is empty', '', 'expected a file with a secret, got an empty one'],
    ['holds a newline only', '\r\n', 'expected a file with a secret, got an empty one'],
    ['is too large', CANARY.repeat(10_000), 'expected a file of at most 65536 bytes, got more'],
    ['is no text', Uint8Array.of(0x63, 0xff, 0xfe), 'expected a file of UTF-8 text, got other bytes'],
  ])('says what is wrong with a file that %s, without its content', async (_, content, problem) => {
    const baseDirectory = temporaryDirectory({ token: content })
    const error = await failure(() => createSecret({ file: 'token' }, { ...options, baseDirectory }).reveal())
    expect(error.message).toBe(`"auth.token.file" ${problem}`)
  })

  it('says why a file cannot be read and where relative names start, but repeats no file name: people write the secret there', async () => {
    const baseDirectory = temporaryDirectory({ 'directory/x': '' })
    for (const [file, code] of [
      [CANARY, 'ENOENT'],
      ['directory', 'EISDIR'],
      [`${CANARY}\0`, 'ERR_INVALID_ARG_VALUE'],
    ] as const) {
      const error = await failure(() => createSecret({ file }, { ...options, baseDirectory }).reveal())
      expect(error.message).toBe(
        `"auth.token.file" expected a file that can be read, got ${code}; a relative name starts at "${baseDirectory}"`,
      )
      expect(error.cause).toMatchObject({ code })
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)
    }
  })

  it('shows nothing, however it is printed', () => {
    const secret = createSecret({ value: CANARY }, options)
    const anything: unknown = secret
    const printed = [
      inspect(secret),
      inspect(secret, { showHidden: true, showProxy: true, depth: 9 }),
      inspect({ secret }),
      inspect(secret, { customInspect: false, showHidden: true, depth: 9 }),
      JSON.stringify({ secret }),
      String(anything),
      JSON.stringify({ ...secret }),
      JSON.stringify(Reflect.ownKeys(secret)),
    ]
    expect(printed.join()).not.toContain(CANARY)
    expect([printed[0], printed[4], printed[5]]).toEqual([
      'Secret(redacted)',
      '{"secret":"Secret(redacted)"}',
      'Secret(redacted)',
    ])
  })

  it('is not cloned and not sent to a worker', () => {
    const secret = createSecret({ value: CANARY }, options)
    expect(() => structuredClone(secret)).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
    const { port1, port2 } = new MessageChannel()
    expect(() => {
      port1.postMessage({ secret })
    }).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
    port1.close()
    port2.close()
  })
})
