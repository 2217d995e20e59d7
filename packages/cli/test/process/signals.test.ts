import { stat, writeFile } from 'node:fs/promises'

import { afterAll, describe, expect, test } from 'vitest'

import {
  CONFIG,
  failingProvider,
  installProvider,
  line,
  makeConfigured,
  ndjson,
} from '../../../config/test/support/folder.ts'
import { ended, start } from '../support/spawn.ts'

const HUNDRED = ndjson(...Array.from({ length: 100 }, (_, i) => line('orders', `${i} ${'x'.repeat(100)}`)))

/** Starts encrypting an input that does not end, and waits until `bytes` of it are in. */
async function startWriting(cwd: string, hundreds: number, level = 'silent') {
  const child = start(['encrypt', '-c', 'keyfold.yaml', '-o', 'out.ndjson', '--log-level', level], { cwd })
  child.stdin!.on('error', () => undefined)
  const over = ended(child)
  for (let i = 0; i < hundreds; i++)
    await new Promise<void>((done) =>
      child.stdin!.write(HUNDRED, () => {
        done()
      }),
    )
  return { child, over }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate)
}

describe('a signal while an output file is being written', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s removes the temporary file, says so, and ends the process with %i', async (signal, code) => {
    const folder = await makeConfigured()
    const { child, over } = await startWriting(folder.path, 20, 'error')
    await until(async () => (await folder.names()).some((name) => name.endsWith('.tmp')))
    child.kill(signal)
    const ran = await over
    expect(ran).toMatchObject({ code, signal: null })
    expect(ran.stderr).toBe('keyfold: error: interrupted; nothing was written\n')
    expect(await folder.names()).toEqual(['keyfold.yaml'])
  })

  test('ends the login of the run', async () => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'login'))
    const mark = JSON.stringify(folder.file('closed'))
    const source = failingProvider('login', 'new Error()')
      .replace('close: async () => {}', `close: async () => { writeFileSync(${mark}, '') }`)
      .replace('\n', "\nimport { writeFileSync } from 'node:fs'\n")
    await installProvider(folder, 'login', source)
    const { child, over } = await startWriting(folder.path, 0, 'error')
    await until(async () => (await folder.names()).some((name) => name.endsWith('.tmp')))
    child.kill('SIGTERM')
    expect(await over).toMatchObject({ code: 143 })
    expect(await folder.names()).toContain('closed')
  })

  test('while the provider logs in ends the process as well, with the login that comes late', async () => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'slow'))
    const source = failingProvider('slow', 'new Error()')
      .replace(
        'create: async () => kms',
        `create: () => new Promise((done) => { const alive = setInterval(() => {}, 1000); process.once('SIGINT', () => { clearInterval(alive); done(kms) }); writeFileSync(${JSON.stringify(folder.file('begun'))}, '') })`,
      )
      .replace(
        'close: async () => {}',
        `close: async () => { writeFileSync(${JSON.stringify(folder.file('closed'))}, '') }`,
      )
      .replace('\n', "\nimport { writeFileSync } from 'node:fs'\n")
    await installProvider(folder, 'slow', source)
    const { child, over } = await startWriting(folder.path, 0, 'error')
    await until(async () => (await folder.names()).includes('begun'))
    child.kill('SIGINT')
    expect(await over).toMatchObject({
      code: 130,
      stderr: 'keyfold: error: interrupted before the first record; nothing was written\n',
    })
    expect(await folder.names()).toContain('closed')
  })

  test('a temporary file is readable for its owner alone', async () => {
    const folder = await makeConfigured()
    const { child, over } = await startWriting(folder.path, 20)
    await until(async () => (await folder.names()).some((name) => name.endsWith('.tmp')))
    const temporary = (await folder.names()).find((name) => name.endsWith('.tmp'))!
    expect((await stat(folder.file(temporary))).mode & 0o777).toBe(0o600)
    child.kill('SIGTERM')
    await over
  })
})

describe('killed outright', () => {
  let temporaries = 0
  afterAll(() => {
    // Else all of them were killed before they wrote, or after.
    expect(temporaries).toBeGreaterThan(0)
  })

  test.each(Array.from({ length: 20 }, (_, point) => point))(
    'at point %i there is no output file, and the older one is whole',
    async (point) => {
      const folder = await makeConfigured()
      await writeFile(folder.file('out.ndjson'), 'older')
      const { child, over } = await startWriting(folder.path, 1 + point * 3)
      // Odd points end the input as well, so that some kills meet the flush and the rename.
      if (point % 2 === 1) child.stdin!.end()
      for (let turn = 0; turn < point * 40; turn++) await new Promise(setImmediate)
      child.kill('SIGKILL')
      await over
      temporaries += (await folder.names()).filter((name) => name.endsWith('.tmp')).length
      const left = await folder.read('out.ndjson')
      // Whoever ended its input may have been done before it was killed: then the file is whole.
      if (left !== 'older') expect(left.trimEnd().split('\n')).toHaveLength((1 + point * 3) * 100)
      if (point % 2 === 0) expect(left).toBe('older')
    },
  )
})
