import { Buffer } from 'node:buffer'
import { chmod } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import {
  CONFIG,
  failingProvider,
  installProvider,
  line,
  makeConfigured,
  ndjson,
  type Folder,
} from '../../config/test/support/folder.ts'
import { run, summaryOf, type Ran, type RunOptions } from './support/run.ts'

interface Row {
  readonly title: string
  readonly prepare?: (folder: Folder) => Promise<unknown>
  readonly argv?: readonly string[]
  readonly stdin?: RunOptions['stdin']
  readonly code: 2 | 3
  readonly says: RegExp
}

const DOWN = CONFIG.replace('provider: inmemory', 'provider: down').replace(
  /config:[^]*?encryption:/,
  'config: {}\nencryption:',
)
const configured = (text: string) => (folder: Folder) => folder.write('keyfold.yaml', text)
const down = (error: string) => async (folder: Folder) => {
  await installProvider(folder, 'down', failingProvider('down', error))
  await folder.write('keyfold.yaml', DOWN)
}
const details = "{ provider: 'down', operation }"

const INPUT: readonly Row[] = [
  {
    title: 'a missing file',
    argv: ['none.ndjson'],
    code: 3,
    says: /none\.ndjson: cannot be read: no such file/,
  },
  { title: 'a folder as input', argv: ['.'], code: 3, says: /\.: cannot be read: it is a folder/ },
  {
    title: 'broken JSON at line 3',
    stdin: ndjson(line('orders', 'a'), line('orders', 'b'), '{"topic":'),
    code: 3,
    says: /stdin: line 3, column 10: /,
  },
  { title: 'wrong base64', stdin: ndjson(line('orders', { base64: 'QQ' })), code: 3, says: /line 1: .*value\.base64/ },
  { title: 'a lone surrogate', stdin: '{"topic":"orders","value":"\\ud800"}\n', code: 3, says: /line 1/ },
  {
    title: 'invalid UTF-8',
    stdin: Buffer.concat([Buffer.from('{"topic":"orders","value":"'), Buffer.from([0xff]), Buffer.from('"}\n')]),
    code: 3,
    says: /line 1/,
  },
  {
    title: 'an unknown member',
    stdin: '{"topic":"orders","value":"a","valeu":"b"}\n',
    code: 3,
    says: /line 1: .*valeu/,
  },
  { title: 'no topic anywhere', stdin: '{"value":"a"}\n', code: 3, says: /line 1: .*topic/ },
  {
    title: 'a line over --max-line',
    argv: ['--max-line', '64'],
    stdin: ndjson(line('orders', 'x'.repeat(100))),
    code: 3,
    says: /line 1: .*64/,
  },
  {
    title: 'a topic without a rule',
    stdin: ndjson(line('unheard', 'a')),
    code: 3,
    says: /line 1: RECORD_NO_RULE unheard: no rule matches this topic; add one/,
  },
  {
    title: 'a KEK that the KMS does not know',
    stdin: ndjson(line('payments.us', 'a')),
    code: 3,
    says: /topic payments\.us: .*"KEK-payments\.us".*KMS_UNKNOWN_ALIAS/,
  },
  {
    title: 'terminal escapes in a topic',
    stdin: '{"topic":"\\u001b[31mred\\u202e","value":"a"}\n',
    code: 3,
    says: /line 1: "\$\.topic" expected/,
  },
  {
    title: 'terminal escapes in the name of a member',
    stdin: '{"topic":"orders","value":"a","\\u001b[31mred\\u202e":1}\n',
    code: 3,
    says: /line 1: .*\\u001b\[31mred\\u202e/,
  },
  {
    title: 'terminal escapes in the name of a file',
    argv: ['\u001b[31mred\u009b\n.ndjson'],
    code: 3,
    says: /\\u001b\[31mred\\u009b\\u000a\.ndjson: cannot be read/,
  },
]

const KMS: readonly Row[] = [
  {
    title: 'the KMS is down',
    prepare: down(`new api.KmsUnavailableError(${details})`),
    code: 3,
    says: /topic orders: \w+ is unreachable while resolving .* \(KMS_UNAVAILABLE\)/,
  },
  {
    title: 'the KMS denies',
    prepare: down(`new api.AccessDeniedError(${details})`),
    code: 3,
    says: /KMS_ACCESS_DENIED/,
  },
  {
    title: 'the KMS wants another login',
    prepare: down(`new api.AuthenticationError(${details})`),
    code: 3,
    says: /KMS_AUTHENTICATION/,
  },
]

const CONFIGURATION: readonly Row[] = [
  {
    title: 'no --config',
    argv: ['--no-config-here'],
    code: 2,
    says: /unknown option '--no-config-here'; see keyfold (en|de)crypt --help/,
  },
  {
    title: 'a misspelt option',
    argv: ['--ouput', 'x'],
    code: 2,
    says: /unknown option '--ouput' \(Did you mean --output\?\); see keyfold (en|de)crypt --help/,
  },
  {
    title: 'a missing configuration',
    argv: ['-c', 'none.yaml'],
    code: 2,
    says: /none\.yaml: the configuration cannot be read: no such file \(ENOENT\); a relative name starts at ".+"/,
  },
  {
    title: 'an unknown provider',
    prepare: configured(CONFIG.replace('inmemory', 'nowhere')),
    code: 2,
    says: /@keyfold\/kms-nowhere.*npm install @keyfold\/kms-nowhere.*PROVIDER_NOT_INSTALLED/,
  },
  {
    title: 'a provider that is a path',
    prepare: configured(CONFIG.replace('inmemory', '../evil')),
    code: 2,
    says: /"\.\.\/evil".*PROVIDER_BAD_NAME/,
  },
  {
    title: 'a provider whose name has a line break',
    prepare: configured(CONFIG.replace('inmemory', '"vault\\nkeyfold: error: forged"')),
    code: 2,
    says: /"vault\\nkeyfold: error: forged".*PROVIDER_BAD_NAME/,
  },
  {
    title: 'a provider that calls itself by a name with a line break',
    prepare: async (folder) => {
      const source = failingProvider('forger', 'new Error()').replace(
        "name: 'forger', contract",
        "name: 'forger\\nkeyfold: error: forged', contract",
      )
      await installProvider(folder, 'forger', source)
      await folder.write('keyfold.yaml', CONFIG.replace('inmemory', 'forger'))
    },
    code: 2,
    says: /got one without a "name" of a to z, 0 to 9 and "-" \(PROVIDER_NOT_A_PROVIDER\)/,
  },
  {
    title: 'an unknown key at the top',
    prepare: configured(`${CONFIG}kmss: 1\n`),
    code: 2,
    says: /keyfold\.yaml: "kmss" expected to be absent, got an unknown key; check its spelling/,
  },
  {
    title: 'an unknown key in a rule',
    prepare: configured(CONFIG.replace('match: orders,', 'match: orders, keks: 1,')),
    code: 2,
    says: /"encryption\.topics\[2\]\.keks" expected to be absent/,
  },
  {
    title: 'an unknown key of the provider',
    prepare: configured(CONFIG.replace('insecure:', 'region: eu, insecure:')),
    code: 2,
    says: /./,
  },
  {
    title: 'an unknown key in the section of the provider',
    prepare: configured(CONFIG.replace('    insecure:', '    region: eu\n    insecure:')),
    code: 2,
    says: /kms\.config: .*region/,
  },
  {
    title: 'a key twice',
    prepare: configured(`${CONFIG}  nested: allow\n  nested: reject\n`),
    code: 2,
    says: /keyfold\.yaml:\d+:3: "encryption\.nested" expected once, got a second time/,
  },
  { title: 'a wrong value', prepare: configured(`${CONFIG}  nested: maybe\n`), code: 2, says: /"encryption\.nested" / },
  {
    title: 'a rule that cannot be compiled',
    prepare: configured(CONFIG.replace('match: orders', 'match: "(a|b)"')),
    code: 2,
    says: /topics\[2\]\.match.*regular expression/,
  },
  { title: 'no YAML', prepare: configured('kms: [1,\n'), code: 2, says: /keyfold\.yaml:\d+:\d+: expected valid YAML/ },
  {
    title: 'a configuration that others may write',
    prepare: (folder) => chmod(folder.file('keyfold.yaml'), 0o666),
    code: 2,
    says: /"[^"]*keyfold\.yaml" expected to be writable by nobody but you and root, got a file of mode 0666; type: chmod go-w /,
  },
  { title: 'an option with another value', argv: ['--value', 'xml'], code: 2, says: /--value <form>.*data.*json/ },
  { title: 'a size that is none', argv: ['--max-line', '0'], code: 2, says: /expected a size/ },
  {
    title: 'a topic that Kafka does not accept',
    argv: ['--topic', 'a b'],
    code: 2,
    says: /expected the name of a topic/,
  },
  { title: 'raw when encrypting', argv: ['--on-error', 'raw'], code: 2, says: /--on-error/ },
  { title: 'a folder as output', argv: ['-o', '.'], code: 2, says: /"--output" expected a file, got a folder/ },
  { title: 'terminal escapes in an option', argv: ['--\u001b[31m\n'], code: 2, says: /\\u001b\[31m\\u000a/ },
]

const OUTPUT: readonly Row[] = [
  {
    title: 'an output in no folder',
    argv: ['-o', 'none/out'],
    code: 3,
    says: /none\/out: cannot be written: no such folder \(ENOENT\)/,
  },
  {
    title: 'a full device',
    argv: ['-o', '/dev/full'],
    code: 3,
    says: /\/dev\/full: cannot be written: no space is left on the device \(ENOSPC\)/,
  },
]

async function runRow(row: Row): Promise<{ readonly folder: Folder; readonly ran: Ran }> {
  const folder = await makeConfigured()
  await row.prepare?.(folder)
  const argv = [
    'encrypt',
    '-c',
    'keyfold.yaml',
    ...(row.argv?.includes('-o') ? [] : ['-o', 'out.ndjson']),
    ...(row.argv ?? []),
  ]
  const ran = await run(argv, { cwd: folder.path, stdin: row.stdin ?? ndjson(line('orders', 'a')) })
  return { folder, ran }
}

describe.each([
  ['bad records', INPUT],
  ['a KMS that fails', KMS],
  ['a wrong configuration or command line', CONFIGURATION],
  ['an output that fails', OUTPUT],
])('%s', (_, rows) => {
  test.each(rows)('$title: a clear line, exit code $code, no output', async (row) => {
    const { folder, ran } = await runRow(row)
    expect(ran.stderr).toMatch(row.says)
    expect(ran.code).toBe(row.code)
    expect(ran.stdout).toBe('')
    expect((await folder.names()).filter((name) => name.includes('out'))).toEqual([])
    // One line for the failure, and what sums the run up; nothing that a terminal would obey.
    expect(ran.stderr.split('\n').filter((text) => text.startsWith('keyfold: error: '))).toHaveLength(1)
    expect(ran.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
  })
})

test('the file that was there stays as it was when a run fails', async () => {
  const folder = await makeConfigured()
  await folder.write('out.ndjson', 'older')
  const ran = await run(['encrypt', '-c', 'keyfold.yaml', '-o', 'out.ndjson'], {
    cwd: folder.path,
    stdin: ndjson(line('orders', 'a'), '{'),
  })
  expect(ran.code).toBe(3)
  expect(await folder.read('out.ndjson')).toBe('older')
  expect(await folder.names()).toEqual(['keyfold.yaml', 'out.ndjson'])
})

test.each<readonly [code: string, argv: readonly string[], stdin: string]>([
  ['CLI_USAGE', ['-o', '.'], ''],
  ['CLI_CONFIG', ['-c', 'none.yaml'], ''],
  ['CLI_INPUT', ['none.ndjson'], ''],
  ['CLI_INPUT', [], '{\n'],
  ['CLI_OUTPUT', ['-o', '/dev/full'], ndjson(line('orders', 'a'))],
  ['RECORD_NO_RULE', [], ndjson(line('unheard', 'a'))],
  ['KMS_UNKNOWN_ALIAS', [], ndjson(line('payments.us', 'a'))],
])('--json names the failure %s %j', async (code, argv, stdin) => {
  const folder = await makeConfigured()
  const ran = await run(['encrypt', '--json', '-c', 'keyfold.yaml', ...argv], { cwd: folder.path, stdin })
  expect(summaryOf(ran)).toMatchObject({ exitCode: ran.code, error: { code } })
})

test('a run that its caller ends says so', async () => {
  const folder = await makeConfigured()
  const ran = await run(['encrypt', '--json', '-c', 'keyfold.yaml', '-o', 'out'], {
    cwd: folder.path,
    signal: AbortSignal.abort(),
  })
  expect(summaryOf(ran)).toMatchObject({ exitCode: 2, error: { code: 'CLI_ABORTED' } })
  expect(await folder.names()).toEqual(['keyfold.yaml'])
})
