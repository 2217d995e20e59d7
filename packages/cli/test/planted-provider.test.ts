import { existsSync } from 'node:fs'
import { chmod, symlink } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import { CONFIG, failingProvider, installProvider, line, makeConfigured, makeFolder, ndjson } from './support/folder.ts'
import { run } from './support/run.ts'
import { runBin } from './support/spawn.ts'

/** Leaves a mark when it runs. */
const planted = (mark: string): string => `
import { writeFileSync } from 'node:fs'
writeFileSync(${JSON.stringify(mark)}, 'it ran')
${failingProvider('planted', "new api.KmsUnavailableError({ provider: 'planted', operation })")}`

describe('a provider in the working directory', () => {
  const COMMANDS = [
    ['encrypt', '', ''],
    ['decrypt', '', ''],
    ['inspect', '', ''],
    ['inspect', '--provider', 'planted'],
    ['inspect', '--json', ''],
    ['config', 'check', ''],
    ['config', 'schema', ''],
    ['config schema', '--provider', 'planted'],
  ]

  test.each(COMMANDS)('never runs: %s %s %s', async (...words) => {
    const command = words.flatMap((word) => word.split(' ')).filter((word) => word !== '')
    const safe = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    const cwd = await makeFolder()
    const mark = cwd.file('mark')
    await installProvider(cwd, 'planted', planted(mark))
    await installProvider(cwd, 'inmemory', planted(mark))
    await cwd.write('package.json', JSON.stringify({ name: 'planted', dependencies: { '@keyfold/kms-planted': '*', '@keyfold/kms-inmemory': '*' } }))
    await cwd.write('keyfold.yaml', CONFIG.replace('inmemory', 'planted'))
    const config = ['encrypt', 'decrypt', 'check'].some((name) => command.includes(name)) ? ['-c', safe.file('keyfold.yaml')] : []
    const sealed = '{"topic":"t","value":{"base64":"AAA="},"headers":[{"key":"kroxylicious.io/encryption","value":"\\u0002"}]}\n'
    const ran = await runBin([...command, ...config], { cwd: cwd.path, stdin: sealed })
    expect(existsSync(mark), ran.stderr).toBe(false)
    if (command.includes('planted') || config.length > 0) expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('PROVIDER_NOT_INSTALLED') as string })
  })

  test('runs when the configuration that was named lies there', async () => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    const ran = await runBin(['encrypt', '-c', 'keyfold.yaml'], { cwd: folder.path, stdin: ndjson(line('orders', 'v')) })
    expect(ran.stderr).toContain('KMS_UNAVAILABLE')
    expect(existsSync(folder.file('mark'))).toBe(true)
  })

  test('is looked for beside the real file, not beside a link to it', async () => {
    const safe = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    const cwd = await makeFolder()
    await installProvider(cwd, 'planted', planted(cwd.file('mark')))
    await symlink(safe.file('keyfold.yaml'), cwd.file('keyfold.yaml'))
    const ran = await run(['encrypt', '-c', 'keyfold.yaml'], { cwd: cwd.path })
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('PROVIDER_NOT_INSTALLED') as string })
    expect(existsSync(cwd.file('mark'))).toBe(false)
  })
})

describe('a provider beside the configuration', () => {
  test.each([['node_modules'], ['node_modules/@keyfold/kms-planted']])('does not run when others may write %s', async (open) => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    await chmod(folder.file(open), 0o777)
    const ran = await run(['config', 'check', '-c', 'keyfold.yaml'], { cwd: folder.path })
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('expected to be writable by nobody but you and root') as string })
    expect(existsSync(folder.file('mark'))).toBe(false)
  })
})
