import { describe, expect, test, vi } from 'vitest'

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
      stdout: expect.stringContaining('unheard: no rule; its records are rejected both ways') as string,
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

  test.each([
    [[], 'keyfold'],
    [['config'], 'keyfold config'],
    [['frobnicate'], 'keyfold'],
    [['encrypt'], 'keyfold encrypt'],
    [['encrypt', 'config'], 'keyfold encrypt'],
    [['config', 'check'], 'keyfold config check'],
    [['config', 'frobnicate'], 'keyfold config'],
    [['inspect', '--frobnicate'], 'keyfold inspect'],
  ])('%j is wrong usage, exit code 2, and points to the help of %s', async (argv, command) => {
    const ran = await run(argv)
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(/^keyfold: error: [^\n]*\n$/)
    expect(ran.stderr.endsWith(`; see ${command} --help\n`)).toBe(true)
  })
})

describe('config check finds without a KMS', () => {
  const check = async (config: string, topics: string, ...argv: string[]) => {
    const folder = await makeConfigured(config)
    return run(['config', 'check', '-c', 'keyfold.yaml', '--topics', topics, ...argv], { cwd: folder.path })
  }
  /** With these lines as the section of the provider. */
  const withKms = (provider: string, section: string, kek = 'KEK-$(topicName)'): string =>
    `kms: { provider: ${provider}, config: ${section} }\nencryption: { topics: [{ match: "*", kek: "${kek}" }] }\n`
  const VAULT = (more = '') => `{ address: "https://vault:8200", auth: { method: token, token: { value: x } }${more} }`

  test.each([
    [
      'aws',
      '{ region: eu-central-1 }',
      'payments.eu',
      /topic payments\.eu \(encryption\.topics\[0\]\.kek\): .*got "\." .*\$\(topicName:escaped\)/,
    ],
    ['aws', '{ region: eu-central-1 }', 'ok,a.b', /topic a\.b /],
    ['vault', VAULT(), '-x', /topic -x .*expected a name of letters/],
    [
      'vault',
      VAULT(', tls: { caFile: none.pem }'),
      'a',
      /"kms\.config\.tls\.caFile" names the file ".*none\.pem", which cannot be read: no such file/,
    ],
    [
      'vault',
      '{ address: "vault:8200", auth: { method: token, token: { value: x } } }',
      'a',
      /"kms\.config\.address" expected/,
    ],
  ])('with %s and %s what is wrong for %s', async (provider, section, topics, says) => {
    const ran = await check(withKms(provider, section, '$(topicName)'), topics)
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(says)
  })

  test('a region that nothing names', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, '')
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
    const ran = await check(withKms('aws', '{}'), 'a')
    vi.unstubAllEnvs()
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('kms.config: "region" expected') as string })
  })

  test('an alias that is too long for the KMS, and accepts the escaped one that is not', async () => {
    const config = withKms('aws', '{ region: eu-central-1 }', 'KEK-$(topicName:escaped)')
    expect(await check(config, 'a.b')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('KEK KEK-a-2eb,') as string,
    })
    const long = await check(config, `${'.'.repeat(100)}x`)
    expect(long).toMatchObject({ code: 2, stderr: expect.stringContaining('at most 256 characters') as string })
  })

  test('shows previous KEKs, limits and mapped topics', async () => {
    const config = `${CONFIG.replace('kek: KEK-orders', 'kek: KEK-orders, previousKeks: ["old-*", { id: one }]')}  topicMapping: { orders: [mirror.orders] }
  limits: { records: 1000 }
`
    const ran = await check(config, 'orders')
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(ran.stdout).toContain('KEK KEK-orders, previous KEKs old-*, id one, binding written')
    expect(ran.stdout).toMatch(/^limits: \w+ 1000$/m)
    expect(ran.stdout).toContain('topicMapping: orders also holds records written for mirror.orders')
    expect(JSON.parse((await check(config, 'orders', '--json')).stdout)).toMatchObject({
      topics: [{ previousKeks: ['old-*', { id: 'one' }] }],
      topicMapping: { orders: ['mirror.orders'] },
      limits: expect.anything() as object,
    })
  })

  test.each([
    ['kms.config', CONFIG.replace('    insecure:', '    __proto__: { a: 1 }\n    insecure:'), '"kms.config.__proto__"'],
    [
      'a rule',
      CONFIG.replace('match: orders,', 'match: orders, __proto__: { kek: x },'),
      '"encryption.topics[2].__proto__"',
    ],
    ['the document', `${CONFIG}__proto__: { a: 1 }\n`, '"__proto__"'],
  ])('"__proto__" in %s, as any unknown key', async (_, config, path) => {
    const ran = await check(config, 'orders')
    expect(ran).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        `${path} expected to be absent, got an unknown key; check its spelling`,
      ) as string,
    })
  })
})
