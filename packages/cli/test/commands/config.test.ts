import { describe, expect, test } from 'vitest'

import { CONFIG, KEK_CANARY, makeConfigured } from '../../../config/test/support/folder.ts'
import { run } from '../support/run.ts'

describe('config check', () => {
  test('says which rule each topic has', async () => {
    const folder = await makeConfigured(`${CONFIG}  trustedKeks: boundary\n`)
    const ran = await run(['config', 'check', '-c', 'keyfold.yaml', '--topics', 'payments.eu, public.news'], {
      cwd: folder.path,
    })
    expect(ran.code).toBe(0)
    expect(ran.stdout).toBe(
      [
        'provider inmemory: ok',
        'payments.eu: rule encryption.topics[1], KEK KEK-payments.eu, binding written and read verify-if-present, plaintext reject, trusts every KEK of the provider',
        'public.news: rule encryption.topics[0], in clear',
        '',
      ].join('\n'),
    )
  })

  test('"public.*" is neither "nonpublic.secrets" nor "publicity-salaries"', async () => {
    const folder = await makeConfigured()
    const ran = await run(
      ['config', 'check', '-c', 'keyfold.yaml', '--topics', 'nonpublic.secrets,publicity-salaries', '--json'],
      { cwd: folder.path },
    )
    expect(JSON.parse(ran.stdout)).toEqual({
      provider: 'inmemory',
      topics: [
        { topic: 'nonpublic.secrets', rule: null },
        { topic: 'publicity-salaries', rule: null },
      ],
    })
  })

  test('a topic without a rule is a fault, exit code 2', async () => {
    const folder = await makeConfigured()
    const ran = await run(['config', 'check', '-c', 'keyfold.yaml', '--topics', 'unheard'], { cwd: folder.path })
    expect(ran).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('unheard: no rule; its records are refused both ways') as string,
    })
  })

  test('--json gives the whole rule', async () => {
    const folder = await makeConfigured()
    const ran = await run(['config', 'check', '-c', 'keyfold.yaml', '--topics', 'orders', '--json'], {
      cwd: folder.path,
    })
    expect(JSON.parse(ran.stdout)).toEqual({
      provider: 'inmemory',
      topics: [
        {
          topic: 'orders',
          rule: 2,
          kekSelector: 'KEK-orders',
          binding: { write: true, read: 'verify-if-present' },
          trustedKeks: 'rule',
          onPlaintext: 'reject',
        },
      ],
    })
  })

  test('warns about a KEK behind a broader rule that sends in clear', async () => {
    const folder = await makeConfigured(
      CONFIG.replace('  topics:\n', '  topics:\n    - { match: "*", plaintext: allow }\n'),
    )
    const ran = await run(['config', 'check', '-c', 'keyfold.yaml', '--topics', 'orders'], { cwd: folder.path })
    expect(ran.stdout).toContain('orders: rule encryption.topics[0], in clear\n')
    expect(ran.stdout).toMatch(
      /^warning: encryption: topics\[\d\] is never used: topics\[0\] comes first and matches every topic that it matches, and sends them in clear; /m,
    )
    const json = await run(['config', 'check', '-c', 'keyfold.yaml', '--json'], { cwd: folder.path })
    expect(JSON.parse(json.stdout)).toMatchObject({ warnings: expect.any(Array) as unknown })
  })

  test('finds a fault in the section of the provider without connecting, and shows no key', async () => {
    const folder = await makeConfigured(CONFIG.replace('6f1a3c52-0000-4000-8000-000000000001', 'no-uuid'))
    const ran = await run(['config', 'check', '-c', 'keyfold.yaml'], { cwd: folder.path })
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain('"kms.config.keks[0].id" expected a UUID')
    expect(ran.stderr + ran.stdout).not.toContain(KEK_CANARY)
  })
})

interface Schema {
  readonly additionalProperties: boolean
  readonly properties: {
    readonly kms: {
      readonly properties: { readonly provider: object; readonly config: { readonly properties?: object } }
    }
    readonly encryption: object
  }
}

describe('config schema', () => {
  const schemaOf = async (argv: string[], cwd = '/'): Promise<Schema> =>
    JSON.parse((await run(['config', 'schema', ...argv], { cwd })).stdout) as Schema

  test('describes the whole document', async () => {
    const schema = await schemaOf([])
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      additionalProperties: false,
      required: ['kms', 'encryption'],
      properties: {
        encryption: { properties: { topics: { type: 'array' }, onDecryptError: { enum: ['throw', 'skip', 'raw'] } } },
      },
    })
    expect(schema.properties.kms.properties.config.properties).toBeUndefined()
  })

  test('includes the section of a provider that is named, or that a configuration names', async () => {
    const folder = await makeConfigured()
    for (const argv of [
      ['--provider', 'inmemory'],
      ['-c', 'keyfold.yaml'],
    ]) {
      const { provider, config } = (await schemaOf(argv, folder.path)).properties.kms.properties
      expect(provider).toEqual({ const: 'inmemory' })
      expect(config).toMatchObject({
        $id: 'urn:keyfold:provider:inmemory',
        additionalProperties: false,
        required: ['insecure', 'keks'],
      })
    }
  })
})

describe('help and version', () => {
  test('go to standard output with exit code 0', async () => {
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: keyfold') as string,
    })
    expect(await run(['decrypt', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--on-error') as string,
    })
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('a misspelt command is told with the one that was meant', async () => {
    expect((await run(['encrpyt'])).stderr).toBe(
      "keyfold: error: unknown command 'encrpyt' (Did you mean encrypt?); see keyfold --help\n",
    )
  })

  test.each([[[]], [['config']], [['frobnicate']], [['encrypt']]])('%j is wrong usage, exit code 2', async (argv) => {
    const ran = await run(argv)
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(/^keyfold: error: .*; see keyfold --help\n$/)
  })
})
