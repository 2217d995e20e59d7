import { Buffer } from 'node:buffer'
import { PassThrough, Readable } from 'node:stream'

import { describe, expect, test } from 'vitest'

import { CONFIG, line, makeConfigured, ndjson } from '../../../config/test/support/folder.ts'
import { recordsOf, run, summaryOf } from '../support/run.ts'

const MARKER = 'kroxylicious.io/encryption'

describe('encrypt and decrypt', () => {
  test('decrypting what was encrypted gives back every byte', async () => {
    const folder = await makeConfigured()
    const input = ndjson(
      line('payments.eu', 'text', {
        partition: 0,
        offset: 12,
        timestamp: 1732233600000,
        headers: [{ key: 'h', value: null }],
      }),
      line('orders', { base64: '//79' }, { key: null }),
      line('payments.eu', null),
      line('public.news', 'in clear'),
      line('payments.eu', ''),
    )
    const sealed = await run(['encrypt', '-c', 'keyfold.yaml', '--json'], { cwd: folder.path, stdin: input })
    expect(sealed.code).toBe(0)
    expect(summaryOf(sealed)).toMatchObject({
      records: 5,
      encrypted: 3,
      clear: 2,
      rejected: 0,
      deksGenerated: 2,
      bytesIn: input.length,
    })
    const opened = await run(['decrypt', '-c', 'keyfold.yaml', '--json'], { cwd: folder.path, stdin: sealed.stdout })
    expect(opened.stdout).toBe(input)
    expect(opened.code).toBe(0)
    expect(summaryOf(opened)).toMatchObject({
      decrypted: 3,
      clear: 2,
      kmsCalls: { resolveKek: 2, generateDekPair: 0, decryptEdek: 2 },
    })
  })

  test('records keep their order when the topics of a batch are mixed', async () => {
    const folder = await makeConfigured()
    const topics = ['orders', 'payments.eu', 'public.a', 'public.b']
    const input = ndjson(
      ...Array.from({ length: 1203 }, (_, i) => line(topics[(i * 7) % 4] ?? '', `v${i}`, { offset: i })),
    )
    const sealed = await run(['encrypt', '-c', 'keyfold.yaml'], { cwd: folder.path, stdin: input })
    expect(recordsOf(sealed).map(({ offset }) => offset)).toEqual(Array.from({ length: 1203 }, (_, i) => i))
    const opened = await run(['decrypt', '-c', 'keyfold.yaml'], { cwd: folder.path, stdin: sealed.stdout })
    expect(opened.stdout).toBe(input)
  })

  test('several files are read one after the other, "-" among them', async () => {
    const folder = await makeConfigured()
    await folder.write('a.ndjson', ndjson(line('orders', 'a')))
    await folder.write('b.ndjson', ndjson(line('orders', 'b')))
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', 'a.ndjson', '-', 'b.ndjson', '--json'], {
      cwd: folder.path,
      stdin: ndjson(line('public.x', 'c')),
    })
    expect(recordsOf(ran).map(({ topic }) => topic)).toEqual(['orders', 'public.x', 'orders'])
    expect(summaryOf(ran)).toMatchObject({ deksGenerated: 1, records: 3 })
  })

  test('with --value json the text of a value comes back as it was written', async () => {
    const folder = await makeConfigured()
    const text = '{"topic":"orders","key":null,"value":{"n":12345678901234567890,"f":1.0,"e":1e400,"a":1,"a":2}}\n'
    const sealed = await run(['encrypt', '-c', 'keyfold.yaml', '--value', 'json'], { cwd: folder.path, stdin: text })
    expect(recordsOf(sealed)[0]).toMatchObject({ value: { base64: expect.any(String) as string } })
    const opened = await run(['decrypt', '-c', 'keyfold.yaml', '--value', 'json'], {
      cwd: folder.path,
      stdin: sealed.stdout,
    })
    expect(opened.stdout).toBe(text)
  })

  test('--topic stands for the topic of all records and needs no word about what the file claims', async () => {
    const folder = await makeConfigured()
    const sealed = await run(['encrypt', '-c', 'keyfold.yaml', '--topic', 'orders'], {
      cwd: folder.path,
      stdin: '{"value":"v"}\n',
    })
    expect(recordsOf(sealed)[0]).toMatchObject({ topic: 'orders' })
    const claimed = await run(['decrypt', '-c', 'keyfold.yaml'], { cwd: folder.path, stdin: sealed.stdout })
    expect(claimed.stderr).toContain('topic as claimed by the file')
    const given = await run(['decrypt', '-c', 'keyfold.yaml', '--topic', 'orders'], {
      cwd: folder.path,
      stdin: sealed.stdout,
    })
    expect(given.stderr).not.toContain('claimed')
    expect(recordsOf(given)[0]).toMatchObject({ value: 'v' })
  })

  test('--output holds the records, readable for its owner alone, and standard output nothing', async () => {
    const folder = await makeConfigured()
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', '-o', 'out.ndjson'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', 'v')),
    })
    expect(ran.stdout).toBe('')
    expect(ran.stderr).toMatch(/: 1 record, 1 encrypted; [^\n]*\n[^\n]*; 1 DEK; KMS calls: /)
    expect(await folder.read('out.ndjson')).toContain(MARKER)
    expect(await folder.names()).toEqual(['keyfold.yaml', 'out.ndjson'])
  })

  test('--end-record closes the output, and reading it back requires it where asked', async () => {
    const folder = await makeConfigured()
    const sealed = await run(['encrypt', '-c', 'keyfold.yaml', '--end-record'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', 'a'), line('orders', 'b')),
    })
    expect(recordsOf(sealed)).toHaveLength(3)
    const whole = await run(['decrypt', '-c', 'keyfold.yaml', '--require-end-record'], {
      cwd: folder.path,
      stdin: sealed.stdout,
    })
    expect(whole.code).toBe(0)
    expect(recordsOf(whole)).toHaveLength(2)
    const cut = sealed.stdout.split('\n').slice(0, 2).join('\n')
    const half = await run(['decrypt', '-c', 'keyfold.yaml', '--require-end-record', '-o', 'x'], {
      cwd: folder.path,
      stdin: cut,
    })
    expect(half.code).toBe(3)
    expect(await folder.names()).toEqual(['keyfold.yaml'])
  })

  test('--dry-run calls the KMS, refuses what is rejected, and writes nothing', async () => {
    const folder = await makeConfigured()
    const fine = await run(['encrypt', '-c', 'keyfold.yaml', '--dry-run', '-o', 'out', '--end-record', '--json'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', 'v')),
    })
    expect(fine).toMatchObject({ code: 0, stdout: '' })
    expect(summaryOf(fine)).toMatchObject({ dryRun: true, encrypted: 1, bytesOut: 0, kmsCalls: { generateDekPair: 1 } })
    const refused = await run(['encrypt', '-c', 'keyfold.yaml', '--dry-run'], {
      cwd: folder.path,
      stdin: ndjson(line('unheard', 'v')),
    })
    expect(refused.code).toBe(3)
    expect(await folder.names()).toEqual(['keyfold.yaml'])
  })

  test('an input that breaks off ends the run: what came before is no whole file', async () => {
    const folder = await makeConfigured()
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from(ndjson(line('orders', 'a')))
      throw Object.assign(new Error('read failed'), { code: 'EIO' })
    }
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', '-o', 'out'], {
      cwd: folder.path,
      stdin: Readable.from(broken()),
    })
    expect(ran).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('stdin: cannot be read: EIO') as string,
    })
    expect(await folder.names()).toEqual(['keyfold.yaml'])
  })

  test('waits for a slow reader: what is held stays within a few batches', async () => {
    const folder = await makeConfigured()
    const stdout = new PassThrough({ highWaterMark: 1024 })
    let produced = 0
    async function* endless(): AsyncGenerator<Buffer> {
      for (; produced < 100_000; produced += 1000)
        yield Buffer.from(ndjson(...Array.from({ length: 1000 }, () => line('orders', 'x'.repeat(100)))))
    }
    const aborter = new AbortController()
    const running = run(['encrypt', '-c', 'keyfold.yaml'], {
      cwd: folder.path,
      stdin: Readable.from(endless(), { highWaterMark: 1 }),
      stdout,
      signal: aborter.signal,
    })
    await new Promise<void>((done) => stdout.once('readable', done))
    // Every other turn of the loop the command could go on if it did not wait.
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    expect(produced).toBeLessThan(10_000)
    aborter.abort()
    stdout.resume()
    expect(await running).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('interrupted; standard output is cut after a whole record') as string,
    })
  })
})

describe('refused records', () => {
  const sealedBatch = async (cwd: string): Promise<string[]> => {
    const ran = await run(['encrypt', '-c', 'keyfold.yaml'], {
      cwd,
      stdin: ndjson(...['a', 'b', 'c'].map((value, offset) => line('orders', value, { offset }))),
    })
    return ran.stdout.trimEnd().split('\n')
  }
  const flipLastBit = (text: string): string => {
    const record = JSON.parse(text) as { value: { base64: string } }
    const bytes = Buffer.from(record.value.base64, 'base64')
    bytes[bytes.length - 1]! ^= 1
    record.value.base64 = bytes.toString('base64')
    return JSON.stringify(record)
  }

  test('end the run with their line, code and exit code 3', async () => {
    const folder = await makeConfigured()
    const [a = '', b = '', c = ''] = await sealedBatch(folder.path)
    const ran = await run(['decrypt', '-c', 'keyfold.yaml', '--json'], {
      cwd: folder.path,
      stdin: ndjson(a, flipLastBit(b), c),
    })
    expect(ran).toMatchObject({ code: 3, stdout: '' })
    expect(summaryOf(ran)).toMatchObject({
      exitCode: 3,
      rejected: 1,
      error: { code: 'RECORD_AUTHENTICATION', message: expect.stringMatching(/^stdin: line 2: /) as string },
    })
  })

  test('are left out with --on-error skip, and the exit code is still 1', async () => {
    const folder = await makeConfigured()
    const [a = '', b = '', c = ''] = await sealedBatch(folder.path)
    const ran = await run(['decrypt', '-c', 'keyfold.yaml', '--on-error', 'skip', '--json'], {
      cwd: folder.path,
      stdin: ndjson(a, flipLastBit(b), '{', c),
    })
    expect(recordsOf(ran).map(({ value }) => value)).toEqual(['a', 'c'])
    expect(ran.code).toBe(1)
    expect(summaryOf(ran)).toMatchObject({ records: 4, decrypted: 2, rejected: 2, skipped: 2 })
  })

  test('are written as they came with --on-error raw', async () => {
    const folder = await makeConfigured()
    const [a = '', b = ''] = await sealedBatch(folder.path)
    const ran = await run(['decrypt', '-c', 'keyfold.yaml', '--on-error', 'raw', '--json'], {
      cwd: folder.path,
      stdin: ndjson(flipLastBit(a), b),
    })
    expect(recordsOf(ran).map(({ value }) => value)).toEqual([JSON.parse(flipLastBit(a)).value, 'b'])
    expect(ran.code).toBe(1)
    expect(summaryOf(ran)).toMatchObject({ decrypted: 1, rejected: 1, raw: 1, skipped: 0 })
  })

  test('that somebody injected or moved are never written as they came', async () => {
    const folder = await makeConfigured()
    const [a = ''] = await sealedBatch(folder.path)
    const injected = await run(['decrypt', '-c', 'keyfold.yaml', '--on-error', 'raw'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', 'plain')),
    })
    expect(injected).toMatchObject({ code: 3, stdout: '' })
    expect(injected.stderr).toContain('RECORD_PLAINTEXT')
    const moved = await run(['decrypt', '-c', 'keyfold.yaml', '--on-error', 'raw'], {
      cwd: folder.path,
      stdin: ndjson(a.replace('"orders"', '"payments.eu"')),
    })
    expect(moved).toMatchObject({ code: 3, stdout: '' })
    expect(moved.stderr).toContain('RECORD_KEK_UNTRUSTED')
  })

  test('are left out when encrypting, one by one or a whole topic', async () => {
    const folder = await makeConfigured()
    const [sealed = ''] = await sealedBatch(folder.path)
    const input = ndjson(line('orders', 'a'), sealed, line('unheard', 'b'), line('orders', 'c'), line('unheard', 'd'))
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', '--on-error', 'skip', '--json'], {
      cwd: folder.path,
      stdin: input,
    })
    expect(recordsOf(ran)).toHaveLength(2)
    expect(ran.code).toBe(1)
    expect(summaryOf(ran)).toMatchObject({ encrypted: 2, rejected: 3, skipped: 3 })
    expect(ran.stderr).toContain('line 2: ')
    expect(ran.stderr.match(/RECORD_NO_RULE/g)?.length).toBeGreaterThanOrEqual(2)
  })

  test.each(['encrypt', 'decrypt'])(
    '%s never skips for a KEK that the KMS does not know: the run ends and names the topic and its first line',
    async (command) => {
      const folder = await makeConfigured()
      const [a = '', b = ''] =
        command === 'decrypt' ? await sealedBatch(folder.path) : [line('orders', 'a'), line('orders', 'b')]
      const input = ndjson(
        line('public.a', 'x'),
        line('unheard', 'y'),
        ...[a, b].map((text) => text.replace('"orders"', '"payments.us"')),
      )
      const ran = await run([command, '-c', 'keyfold.yaml', '--on-error', 'skip', '-o', 'out'], {
        cwd: folder.path,
        stdin: input,
      })
      expect(ran).toMatchObject({ code: 3, stdout: '' })
      expect(ran.stderr).toMatch(
        /error: stdin: from line 3 on: topic payments\.us: .*"KEK-payments\.us".*\(KMS_UNKNOWN_ALIAS\)/,
      )
      expect(await folder.names()).toEqual(['keyfold.yaml'])
    },
  )

  test('without the partition that their rule binds end the run as bad input, with their topic', async () => {
    const folder = await makeConfigured(
      CONFIG.replace('kek: KEK-orders', 'kek: KEK-orders, binding: { partition: true }'),
    )
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', '--json'], {
      cwd: folder.path,
      stdin: ndjson(line('public.a', 'a'), line('orders', 'b')),
    })
    expect(ran.code).toBe(3)
    expect(summaryOf(ran)).toMatchObject({
      error: {
        code: 'CLI_INPUT',
        message: expect.stringMatching(
          /^stdin: from line 2 on: topic orders: "records\[0\]\.partition" expected a partition/,
        ) as string,
      },
    })
  })

  test('of a topic without a rule are left out when decrypting, all of them', async () => {
    const folder = await makeConfigured()
    const ran = await run(['decrypt', '-c', 'keyfold.yaml', '--on-error', 'skip', '--json'], {
      cwd: folder.path,
      stdin: ndjson(line('unheard', 'a'), line('public.a', 'b'), line('unheard', 'c')),
    })
    expect(recordsOf(ran).map(({ value }) => value)).toEqual(['b'])
    expect(ran.code).toBe(1)
    expect(summaryOf(ran)).toMatchObject({ rejected: 2, skipped: 2, clear: 1 })
  })

  test('cannot be written as they came among values that are JSON text', async () => {
    const folder = await makeConfigured()
    const ran = await run(['decrypt', '-c', 'keyfold.yaml', '--on-error', 'raw', '--value', 'json'], {
      cwd: folder.path,
    })
    expect(ran).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('"--on-error raw" expected "--value data"') as string,
    })
  })

  test('of several topics: the one that stands first in the input is named', async () => {
    const folder = await makeConfigured()
    const input = ndjson(line('public.a', 'x'), line('orders', 'first'), line('payments.eu', 'second'))
    const ran = await run(['decrypt', '-c', 'keyfold.yaml'], { cwd: folder.path, stdin: input })
    expect(ran.stderr).toContain('stdin: line 2: ')
  })

  test('follow the configuration where the command line says nothing', async () => {
    const folder = await makeConfigured()
    const [a = '', b = ''] = await sealedBatch(folder.path)
    await folder.write('skip.yaml', (await folder.read('keyfold.yaml')) + '  onDecryptError: skip\n')
    const ran = await run(['decrypt', '-c', 'skip.yaml'], { cwd: folder.path, stdin: ndjson(flipLastBit(a), b) })
    expect(ran.code).toBe(1)
    expect(recordsOf(ran)).toHaveLength(1)
  })

  test('a value that is no JSON text cannot be written with --value json', async () => {
    const folder = await makeConfigured()
    const sealed = await sealedBatch(folder.path)
    const ran = await run(['decrypt', '-c', 'keyfold.yaml', '--value', 'json'], {
      cwd: folder.path,
      stdin: ndjson(...sealed),
    })
    expect(ran).toMatchObject({ code: 3, stdout: '' })
    expect(ran.stderr).toContain('line 1')
    const skipped = await run(['decrypt', '-c', 'keyfold.yaml', '--value', 'json', '--on-error', 'skip', '--json'], {
      cwd: folder.path,
      stdin: ndjson(...sealed),
    })
    expect(summaryOf(skipped)).toMatchObject({ decrypted: 0, skipped: 3 })
  })
})

describe('reports', () => {
  test('a terminal gets a progress bar on standard error, which a log line does not break', async () => {
    const folder = await makeConfigured()
    const many = ndjson(...Array.from({ length: 60_000 }, (_, i) => line('orders', `v${i}`)))
    await folder.write('in.ndjson', many)
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', 'in.ndjson', '-o', 'out'], {
      cwd: folder.path,
      stderr: { isTTY: true, columns: 80 },
    })
    expect(ran.stderr).toContain('░')
    expect(ran.stderr).toContain('60,000 records, 60,000 encrypted')
    const quiet = await run(['encrypt', '-c', 'keyfold.yaml', 'in.ndjson', '-o', 'out', '--no-progress'], {
      cwd: folder.path,
      stderr: { isTTY: true, columns: 80 },
    })
    expect(quiet.stderr).not.toContain('░')
  })

  test('--log-format json makes every line of standard error JSON', async () => {
    const folder = await makeConfigured()
    const ran = await run(['decrypt', '-c', 'keyfold.yaml', '--log-format', 'json', '--on-error', 'skip'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', 'plain')),
    })
    const lines = ran.stderr
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>)
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', code: 'RECORD_PLAINTEXT', line: 1 }))
  })

  test('--log-level error says nothing while all is well', async () => {
    const folder = await makeConfigured()
    const ran = await run(['encrypt', '-c', 'keyfold.yaml', '--log-level', 'error'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', 'v')),
    })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
  })

  test('--json sums up a run that could not begin', async () => {
    const ran = await run(['encrypt', '-c', 'none.yaml', '--json'], { cwd: '/nonexistent' })
    expect(ran.code).toBe(2)
    expect(summaryOf(ran)).toMatchObject({ command: 'encrypt', exitCode: 2, records: 0, error: { code: 'CLI_CONFIG' } })
  })
})
