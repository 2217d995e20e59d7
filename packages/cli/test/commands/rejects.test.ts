import { Buffer } from 'node:buffer'
import { stat } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'

import { describe, expect, test } from 'vitest'

import { line, makeConfigured, ndjson } from '../../../config/test/support/folder.ts'
import { createTerminal } from '../../src/report/terminal.ts'
import { run, summaryOf } from '../support/run.ts'

const ENCRYPT = ['encrypt', '-c', 'keyfold.yaml']
const LATIN1 = Uint8Array.of(0x22, 0xe9, 0x22, 0x0a)

describe('rejected records', () => {
  test('go to the file of --rejects as they were read, with code and message, readable for its owner alone', async () => {
    const folder = await makeConfigured()
    const unheard = '{ "topic":"unheard", "value":"\\u0061", "offset":"7" }'
    const stdin = Buffer.concat([
      Buffer.from(ndjson(line('orders', 'a'), unheard, '{', line('orders', 'b'))),
      LATIN1,
      Buffer.from(ndjson(line('public.a', 'c'))),
    ])
    const argv = [...ENCRYPT, '--on-error', 'skip', '--rejects', 'rejects.ndjson', '--json']
    const ran = await run(argv, { cwd: folder.path, stdin })
    expect(ran.code).toBe(1)
    expect(ran.stdout.trimEnd().split('\n')).toHaveLength(3)
    expect(summaryOf(ran)).toMatchObject({ rejected: 3, skipped: 3, exitCode: 1 })
    const text = await folder.read('rejects.ndjson')
    const rejects = text
      .trimEnd()
      .split('\n')
      .map((each) => JSON.parse(each) as Record<string, unknown>)
    expect(rejects).toEqual(
      expect.arrayContaining([
        { record: JSON.parse(unheard), code: 'RECORD_NO_RULE', message: expect.stringContaining('stdin: line 2') },
        { record: '{', code: 'CLI_INPUT', message: expect.stringContaining('stdin: line 3') },
        { record: { base64: 'Iuki' }, code: 'CLI_INPUT', message: expect.stringContaining('line 5') },
      ]),
    )
    expect(rejects).toHaveLength(3)
    expect(text).toContain(`{"record":${unheard},"code":`)
    expect((await stat(folder.file('rejects.ndjson'))).mode & 0o777).toBe(0o600)
  })

  test('replace an older file, whatever its mode was, also where there are none or the run fails', async () => {
    const folder = await makeConfigured()
    await folder.write('rejects.ndjson', 'older', 0o644)
    const argv = [...ENCRYPT, '--rejects', 'rejects.ndjson', '-o', 'out']
    expect(await run(argv, { cwd: folder.path, stdin: ndjson(line('orders', 'a')) })).toMatchObject({ code: 0 })
    expect(await folder.read('rejects.ndjson')).toBe('')
    expect((await stat(folder.file('rejects.ndjson'))).mode & 0o777).toBe(0o600)
    expect(await run(argv, { cwd: folder.path, stdin: ndjson(line('unheard', 'a')) })).toMatchObject({ code: 3 })
    expect(await folder.read('rejects.ndjson')).toContain('RECORD_NO_RULE')
  })

  test.each([
    [3, 1],
    [2, 3],
    [0, 3],
  ])('may be three with --max-rejects %i: exit code %i', async (max, code) => {
    const folder = await makeConfigured()
    const stdin = ndjson(line('unheard', 'a'), '{', line('orders', 'b'), line('other', 'c'))
    const argv = [...ENCRYPT, '--on-error', 'skip', '--max-rejects', String(max), '-o', 'out', '--json']
    const ran = await run(argv, { cwd: folder.path, stdin })
    expect(ran.code).toBe(code)
    expect((await folder.names()).includes('out')).toBe(code === 1)
    if (code === 3) expect(summaryOf(ran)).toMatchObject({ error: { code: 'CLI_REJECTS' } })
  })

  test('cost no more than their number: each good record is encrypted once', async () => {
    const folder = await makeConfigured()
    const sealed = (await run(ENCRYPT, { cwd: folder.path, stdin: ndjson(line('orders', 'x')) })).stdout.trimEnd()
    const lines = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? line('orders', String(i)) : sealed))
    const argv = [...ENCRYPT, '--on-error', 'skip', '--json', '--log-level', 'error']
    const ran = await run(argv, { cwd: folder.path, stdin: ndjson(...lines) })
    expect(summaryOf(ran)).toMatchObject({ encrypted: 200, rejected: 200, deksGenerated: 1 })
    const decrypted = await run(['decrypt', '-c', 'keyfold.yaml'], { cwd: folder.path, stdin: ran.stdout })
    const values = decrypted.stdout.trimEnd().split('\n')
    expect(values.map((each) => (JSON.parse(each) as { value: string }).value)).toEqual(
      Array.from({ length: 200 }, (_, i) => String(2 * i)),
    )
  })
})

describe('what is wrong with the command line', () => {
  test.each([
    [['encrypt', '--json', '--bogus']],
    [['decrypt', '--json']],
    [['--json']],
    [['encrypt', '-c', 'x', '--max-rejects', '-1', '--json']],
    [['inspect', '--json', '--topic', 'a b']],
  ])('is a line of JSON where JSON is asked for: %j', async (argv) => {
    const ran = await run(argv)
    expect(ran.code).toBe(2)
    expect(summaryOf(ran)).toMatchObject({ exitCode: 2, error: { code: 'CLI_USAGE', message: expect.any(String) } })
  })
})

describe('help', () => {
  test.each([
    [[]],
    [['encrypt']],
    [['decrypt']],
    [['inspect']],
    [['config']],
    [['config', 'check']],
    [['config', 'schema']],
  ])('of %j has examples, exit codes and a link', async (command) => {
    const { code, stdout } = await run([...command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nExamples:\n {2}(?:\w+ \| )?keyfold /)
    expect(stdout).toMatch(/\nExit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}130 143 /)
    expect(stdout).toMatch(/\nDocumentation: https:\/\//)
  })

  test('the version is printed for -v as for --version', async () => {
    const [short, long] = [await run(['-v']), await run(['--version'])]
    expect(short).toEqual(long)
    expect(short).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string })
  })
})

describe('a terminal', () => {
  const stdin = ndjson(...Array.from({ length: 50 }, () => line('public.a', 'x')))

  test('as input is hinted at', async () => {
    const folder = await makeConfigured()
    const terminal = Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY: true })
    for (const argv of [ENCRYPT, ['inspect']])
      expect((await run(argv, { cwd: folder.path, stdin: terminal })).stderr).toContain('end with Ctrl-D')
    expect((await run(ENCRYPT, { cwd: folder.path, stdin })).stderr).not.toContain('Ctrl-D')
  })

  test.each([
    [{}, true],
    [{ TERM: 'xterm', CI: '' }, true],
    [{ NO_COLOR: '1' }, true],
    [{ TERM: 'dumb' }, false],
    [{ CI: 'true' }, false],
  ])('with %j is drawn on: %s', (env, isTTY) => {
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 40 })
    const terminal = createTerminal({ stderr, env })
    expect(terminal.isTTY).toBe(isTTY)
    terminal.bar('bar')
    const drawn = String(stderr.read() ?? '')
    expect(drawn.includes('bar')).toBe(isTTY)
    expect(drawn).not.toMatch(/\u001b\[[0-9;]*m/)
    stderr.columns = 100
    expect(terminal.columns).toBe(100)
  })
})
