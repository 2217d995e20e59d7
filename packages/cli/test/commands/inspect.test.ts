import { Buffer } from 'node:buffer'

import { describe, expect, test } from 'vitest'

import {
  CONFIG,
  failingProvider,
  installProvider,
  KEK_ID,
  line,
  makeConfigured,
  makeFolder,
  ndjson,
  OTHER_KEK_ID,
} from '../../../config/test/support/folder.ts'
import { recordsOf, run } from '../support/run.ts'
import { runBin } from '../support/spawn.ts'

const sealed = async (): Promise<string> => {
  const folder = await makeConfigured()
  const input = ndjson(
    line('payments.eu', 'text'),
    line('orders', 'x'),
    line('public.a', 'clear'),
    line('orders', null),
  )
  return (await run(['encrypt', '-c', 'keyfold.yaml'], { cwd: folder.path, stdin: input })).stdout
}

/** A provider that answers for every EDEK. */
const answering = (name: string, id: string): string =>
  failingProvider(name, 'new Error()').replace(
    'export default {',
    `export default { readEdek: () => ({ provider: 'a lie', id: ${JSON.stringify(id)}, wrapping: 'authenticated', secret: 'x' }),`,
  )

describe('inspect', () => {
  test('needs no configuration to show what can be read without a key', async () => {
    const ran = await run(['inspect', '--json'], { stdin: await sealed() })
    expect(ran.code).toBe(0)
    const [first, second, clear, tombstone] = recordsOf(ran)
    expect(first).toMatchObject({
      line: 1,
      topic: 'payments.eu',
      status: 'encrypted',
      version: 2,
      cipher: 'AES_256_GCM_128',
      edekLength: 78,
      markerIndex: 0,
    })
    expect(first).toHaveProperty('iv', expect.stringMatching(/^[0-9a-f]{24}$/))
    // One byte of cipher, one of the EDEK's length, the EDEK, one of AAD, the IV, the parcel, the tag.
    expect(first!['valueLength']).toBe(1 + 1 + 78 + 1 + 12 + Number(first!['ciphertextLength']) + 16)
    expect(first!['candidates']).toEqual([{ provider: 'inmemory', id: KEK_ID }])
    expect(second!['candidates']).toEqual([{ provider: 'inmemory', id: OTHER_KEK_ID }])
    expect(clear).toEqual({ line: 3, topic: 'public.a', status: 'clear', valueLength: 5 })
    expect(tombstone).toEqual({ line: 4, topic: 'orders', status: 'tombstone' })
  })

  test('prints a table for people', async () => {
    const ran = await run(['inspect'], { stdin: await sealed() })
    const rows = ran.stdout.trimEnd().split('\n')
    expect(rows).toHaveLength(5)
    expect(rows[0]).toMatch(/^LINE +TOPIC +STATUS +VERSION +CIPHER +EDEK +IV +VALUE +CIPHERTEXT +KEK/)
    expect(rows[1]).toMatch(
      new RegExp(`^1 +payments\\.eu +encrypted +2 +AES_256_GCM_128 +78 +[0-9a-f]{24} +\\d+ +\\d+ +inmemory:${KEK_ID}$`),
    )
  })

  test('says "unknown" where no provider can read the EDEK', async () => {
    const record = {
      topic: 't',
      value: { base64: Buffer.from([0, 3, 9, 9, 9, 0, ...new Uint8Array(12 + 16 + 4)]).toString('base64') },
      headers: [{ key: 'kroxylicious.io/encryption', value: '\u0002' }],
    }
    const ran = await run(['inspect'], { stdin: `${JSON.stringify(record)}\n` })
    expect(ran.stdout).toMatch(/encrypted .* unknown\n$/)
    expect(recordsOf(await run(['inspect', '--json'], { stdin: `${JSON.stringify(record)}\n` }))[0]).toMatchObject({
      edekLength: 3,
      candidates: [],
    })
  })

  test('names malformed and unsupported records, goes on behind them, and exits with 1', async () => {
    const marked = (value: unknown, version = '\u0002') =>
      JSON.stringify({ topic: 't', value, headers: [{ key: 'kroxylicious.io/encryption', value: version }] })
    const ran = await run(['inspect', '--json'], {
      stdin: ndjson(marked('\u0000b'), marked(null), marked('ab', '\u0009'), line('t', 'clear')),
    })
    expect(ran.code).toBe(1)
    expect(recordsOf(ran).map(({ status, code }) => [status, code])).toEqual([
      ['malformed', 'RECORD_MALFORMED'],
      ['malformed', 'RECORD_MALFORMED'],
      ['malformed', 'RECORD_UNSUPPORTED'],
      ['clear', undefined],
    ])
    expect((await run(['inspect'], { stdin: ndjson(marked('\u0000b')) })).stdout).toContain('RECORD_MALFORMED')
  })

  test('asks the providers of the application of --config, and those that --provider names', async () => {
    const folder = await makeFolder()
    await folder.write('keyfold.yaml', CONFIG)
    await folder.write(
      'package.json',
      JSON.stringify({ name: 'app', dependencies: { '@keyfold/kms-own': '*', '@acme/kms-named': '*' } }),
    )
    await installProvider(folder, 'own', answering('own', 'of the application'))
    await installProvider(folder, 'named', answering('named', '\u001b[31mred'), '@acme/kms-named')
    await installProvider(folder, 'broken', 'throw new Error("it is broken")')
    const candidatesOf = async (...argv: string[]) =>
      (
        recordsOf(
          await run(['inspect', '--json', '-c', 'keyfold.yaml', ...argv], { cwd: folder.path, stdin: await sealed() }),
        )[0]!['candidates'] as { provider: string }[]
      ).map(({ provider }) => provider)
    expect((await candidatesOf()).sort()).toEqual(['inmemory', 'named', 'own'])
    const table = await run(['inspect', '-c', 'keyfold.yaml', '--provider', '@acme/kms-named'], {
      cwd: folder.path,
      stdin: await sealed(),
    })
    expect(table.stdout).toContain('named:\\u001b[31mred or ')
    const broken = await run(['inspect', '-c', 'keyfold.yaml', '--provider', 'broken'], { cwd: folder.path, stdin: '' })
    expect(broken).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(PROVIDER_LOAD_FAILED): it is broken') as string,
    })
  })

  test('a provider that throws at hostile bytes has no answer, and cannot add to it', async () => {
    const folder = await makeFolder()
    await folder.write('keyfold.yaml', CONFIG)
    await installProvider(
      folder,
      'throws',
      failingProvider('throws', 'new Error()').replace(
        'export default {',
        'export default { readEdek: () => { throw new Error("x") },',
      ),
    )
    await installProvider(folder, 'lies', answering('lies', 'id'))
    const ran = await run(['inspect', '--json', '-c', 'keyfold.yaml', '--provider', 'throws', '--provider', 'lies'], {
      cwd: folder.path,
      stdin: await sealed(),
    })
    expect(recordsOf(ran)[0]!['candidates']).toEqual(
      expect.arrayContaining([{ provider: 'lies', id: 'id' }, expect.objectContaining({ provider: 'inmemory' })]),
    )
    expect(ran.code).toBe(0)
  })

  test('goes on after lines that are no records, counts them as malformed, and needs no topic', async () => {
    const lines = ['{', '{"value":"a"}', 'x'.repeat(100), '{"topic":"t","value":"b","extra":1}', '{"value":null}']
    const ran = await run(['inspect', '--json'], { stdin: ndjson(...lines) })
    expect(ran).toMatchObject({ code: 1, stderr: '' })
    expect(recordsOf(ran)).toEqual([
      { line: 1, status: 'malformed', code: 'CLI_INPUT', problem: expect.stringContaining('stdin: line 1') as string },
      { line: 2, status: 'clear', valueLength: 1 },
      { line: 3, status: 'malformed', code: 'CLI_INPUT', problem: expect.stringContaining('not JSON') as string },
      { line: 4, status: 'malformed', code: 'CLI_INPUT', problem: expect.stringContaining('$.extra') as string },
      { line: 5, status: 'tombstone' },
    ])
    const table = await run(['inspect'], { stdin: ndjson(...lines) })
    expect(table.stdout).toMatch(/^1 +- +malformed +stdin: line 1, column 2: /m)
  })

  test('names the key, the version and the mount of the configuration where an EDEK holds no mount', async () => {
    const folder = await makeConfigured(
      CONFIG.replace('provider: inmemory', 'provider: mounted').replace(
        /config:[^]*?encryption:/,
        'config: { mount: transit-eu }\nencryption:',
      ),
    )
    const source = failingProvider('mounted', 'new Error()').replace(
      'export default {',
      "export default { readEdek: () => ({ provider: 'mounted', name: 'KEK-payments', version: '3' }),",
    )
    await installProvider(folder, 'mounted', source)
    const argv = ['inspect', '-c', 'keyfold.yaml', '--provider', 'mounted']
    const table = await run(argv, { cwd: folder.path, stdin: await sealed() })
    expect(table.stdout).toContain('mounted:transit-eu/KEK-payments@3')
    const json = recordsOf(await run([...argv, '--json'], { cwd: folder.path, stdin: await sealed() }))
    expect(json[0]!['candidates']).toContainEqual({
      provider: 'mounted',
      name: 'KEK-payments',
      mount: 'transit-eu',
      version: '3',
    })
  })

  test('is quiet when its reader closes the pipe', async () => {
    const folder = await makeFolder()
    await folder.write('in.ndjson', ndjson(...Array.from({ length: 20_000 }, () => '{"value":"a"}')))
    const shell = '{ "$@"; echo "code $?" >&2; } | head -n 2'
    const ran = await runBin(['inspect', 'in.ndjson'], { cwd: folder.path, shell })
    expect(ran.stdout.split('\n')).toHaveLength(3)
    expect(ran.stderr).toBe('code 0\n')
  })
})
