import { existsSync } from 'node:fs'
import { chmod, chown, lchown, mkdir, rename, rm, symlink } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import {
  CONFIG,
  failingProvider,
  installProvider,
  line,
  makeConfigured,
  makeFolder,
  ndjson,
  type Folder,
} from '../../config/test/support/folder.ts'
import { installCommand } from './support/install-command.ts'
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
    await cwd.write(
      'package.json',
      JSON.stringify({ name: 'planted', dependencies: { '@keyfold/kms-planted': '*', '@keyfold/kms-inmemory': '*' } }),
    )
    await cwd.write('keyfold.yaml', CONFIG.replace('inmemory', 'planted'))
    const config = ['encrypt', 'decrypt', 'check'].some((name) => command.includes(name))
      ? ['-c', safe.file('keyfold.yaml')]
      : []
    const sealed =
      '{"topic":"t","value":{"base64":"AAA="},"headers":[{"key":"kroxylicious.io/encryption","value":"\\u0002"}]}\n'
    const ran = await runBin([...command, ...config], { cwd: cwd.path, stdin: sealed })
    expect(existsSync(mark), ran.stderr).toBe(false)
    if (command.includes('planted') || config.length > 0)
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('PROVIDER_NOT_INSTALLED') as string })
  })

  test('runs when the configuration that was named lies there', async () => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    const ran = await runBin(['encrypt', '-c', 'keyfold.yaml'], {
      cwd: folder.path,
      stdin: ndjson(line('orders', 'v')),
    })
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

const SHARED = 0o1777
const CANNOT_CHOWN = process.geteuid?.() !== 0
const STRANGER = 12345
const REFUSED = {
  code: 2,
  stderr: expect.stringContaining('expected to be writable by nobody but you and root') as string,
}

/** A folder that all may write, as `/tmp` is, with a configuration in the folder `job` of this user. */
async function makeShared(): Promise<Folder> {
  const folder = await makeFolder()
  await folder.write('job/keyfold.yaml', CONFIG.replace('inmemory', 'planted'))
  // Of this user, so that nobody else can put another in its place.
  await mkdir(folder.file('node_modules'))
  await chmod(folder.path, SHARED)
  return folder
}

describe('a provider beside the configuration', () => {
  const check = (folder: Folder, at = '') => runBin(['config', 'check', '-c', 'keyfold.yaml'], { cwd: folder.file(at) })

  test.each([
    ['node_modules'],
    ['node_modules/@keyfold/kms-planted'],
    ['node_modules/@keyfold/kms-planted/kms-provider.js'],
  ])('does not run when others may write %s', async (open) => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    await chmod(folder.file(open), 0o777)
    expect(await check(folder)).toMatchObject(REFUSED)
    expect(existsSync(folder.file('mark'))).toBe(false)
    await chmod(folder.file(open), 0o755)
    expect(await check(folder)).toMatchObject({ code: 0 })
  })

  test.each([['node_modules'], ['node_modules/@keyfold'], ['node_modules/@keyfold/kms-planted']])(
    'does not run when others may add to %s',
    async (open) => {
      const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
      await installProvider(folder, 'planted', planted(folder.file('mark')))
      await chmod(folder.file(open), SHARED)
      expect(await check(folder)).toMatchObject(REFUSED)
      expect(existsSync(folder.file('mark'))).toBe(false)
    },
  )

  test('does not run from a shared folder above, where anybody could have installed it', async () => {
    const folder = await makeShared()
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    const ran = await check(folder, 'job')
    expect(ran).toMatchObject(REFUSED)
    expect(ran.stderr).toContain(`"${folder.path}" expected`)
    expect(ran.stderr).toContain(
      `@keyfold/kms-planted was found in "${folder.file('node_modules')}": install it in a folder of your own`,
    )
    expect(existsSync(folder.file('mark'))).toBe(false)
    await installProvider(folder, 'planted', planted(folder.file('mark')), undefined, 'job/node_modules')
    expect(await check(folder, 'job')).toMatchObject({ code: 0 })
  })

  test('may be a link into a folder of this user below a shared one', async () => {
    const shared = await makeShared()
    await installProvider(shared, 'planted', planted(shared.file('mark')), undefined, 'job/store/node_modules')
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    await symlink(shared.file('job/store/node_modules'), folder.file('node_modules'))
    expect(await check(folder)).toMatchObject({ code: 0 })
    await chmod(shared.file('job'), 0o777)
    expect(await check(folder)).toMatchObject(REFUSED)
  })

  test
    .skipIf(CANNOT_CHOWN)
    .each([
      ['node_modules'],
      ['node_modules/@keyfold'],
      ['node_modules/@keyfold/kms-planted'],
      ['node_modules/@keyfold/kms-planted/kms-provider.js'],
      ['.'],
    ])('does not run when %s belongs to another user (only root can try)', async (name) => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    const inner = await makeInner(folder)
    await installProvider(folder, 'planted', planted(folder.file('mark')), undefined, 'inner/node_modules')
    await chown(folder.file(name === '.' ? name : `inner/${name}`), STRANGER, STRANGER)
    expect(await check(folder, inner)).toMatchObject({
      ...REFUSED,
      stderr: expect.stringContaining(`of user ${STRANGER}`) as string,
    })
    expect(existsSync(folder.file('mark'))).toBe(false)
  })

  test.skipIf(CANNOT_CHOWN)(
    'does not run by a link of another user, wherever that leads (only root can try)',
    async () => {
      const folder = await makeShared()
      await installProvider(folder, 'planted', planted(folder.file('mark')), undefined, 'job/store/node_modules')
      await symlink(folder.file('job/store/node_modules'), folder.file('hop'))
      await symlink('../hop', folder.file('job/node_modules'))
      expect(await check(folder, 'job')).toMatchObject({ code: 0 })
      await rm(folder.file('mark'))
      await lchown(folder.file('hop'), STRANGER, STRANGER)
      expect(await check(folder, 'job')).toMatchObject({
        ...REFUSED,
        stderr: expect.stringContaining(`a link of user ${STRANGER}`) as string,
      })
    },
  )

  test('never runs from above when a dependency imports what is not installed, as debug does with supports-color', async () => {
    const folder = await makeShared()
    await installProvider(
      folder,
      'planted',
      `import 'debug-like'\n${planted(folder.file('loaded'))}`,
      undefined,
      'job/node_modules',
    )
    const optional = "try { require('supports-color') } catch {}"
    await folder.write('job/node_modules/debug-like/index.js', optional)
    await folder.write('job/node_modules/debug-like/package.json', '{}')
    const plant = `require('node:fs').writeFileSync(${JSON.stringify(folder.file('mark'))}, 'it ran')`
    await folder.write('node_modules/supports-color/index.js', plant)
    for (const open of ['node_modules/supports-color', 'node_modules']) {
      await chmod(folder.file(open), 0o777)
      expect(await check(folder, 'job')).toMatchObject(REFUSED)
      expect(existsSync(folder.file('mark'))).toBe(false)
      await chmod(folder.file(open), 0o755)
    }
    // What belongs to nobody else is used.
    expect(await check(folder, 'job')).toMatchObject({ code: 0 })
    expect(existsSync(folder.file('mark'))).toBe(true)
  })

  test.each([
    ['NODE_PATH', 'lib', 'lib'],
    ['HOME', '', '.node_modules'],
    ['HOME', '', '.node_libraries'],
  ])('never runs with %s=…/%s when others may write to …/%s', async (name, value, modules) => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    const environment = await makeFolder()
    await installProvider(folder, 'planted', `import 'debug-like'\n${planted(folder.file('loaded'))}`)
    await folder.write('node_modules/debug-like/index.js', "try { require('supports-color') } catch {}")
    await folder.write('node_modules/debug-like/package.json', '{}')
    const plant = `require('node:fs').writeFileSync(${JSON.stringify(folder.file('mark'))}, 'it ran')`
    await environment.write(`${modules}/supports-color/index.js`, plant)
    await chmod(environment.file(modules), 0o777)
    const ran = await runBin(['config', 'check', '-c', 'keyfold.yaml'], {
      cwd: folder.path,
      env: { [name]: environment.file(value) },
    })
    expect(ran).toMatchObject(REFUSED)
    expect(ran.stderr).toContain(`"${environment.file(modules)}" expected`)
    expect(existsSync(folder.file('mark'))).toBe(false)
  })

  test('is not passed over by a package.json that is a folder: what is found behind it is guarded', async () => {
    const folder = await makeShared()
    await mkdir(folder.file('job/node_modules/@keyfold/kms-planted/package.json'), { recursive: true })
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    expect(await check(folder, 'job')).toMatchObject(REFUSED)
    expect(existsSync(folder.file('mark'))).toBe(false)
  })

  test('never runs from a folder of somebody else that comes and goes under its name', async () => {
    const folder = await makeShared()
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    let away = false
    let busy: Promise<void> = Promise.resolve()
    const toggle = setInterval(() => {
      const [from, to] = away ? ['hidden', 'node_modules'] : ['node_modules', 'hidden']
      away = !away
      busy = busy.then(() => rename(folder.file(from), folder.file(to)))
    })
    try {
      for (let i = 0; i < 200; i++) {
        const ran = await run(['config', 'check', '-c', 'keyfold.yaml'], { cwd: folder.file('job') })
        expect(ran.code).toBe(2)
      }
    } finally {
      clearInterval(toggle)
      await busy
    }
    expect(existsSync(folder.file('mark'))).toBe(false)
  })
})

/** A configuration one folder down, so that the folder above can be another's. */
async function makeInner(folder: Folder): Promise<string> {
  await folder.write('inner/keyfold.yaml', CONFIG.replace('inmemory', 'planted'))
  return 'inner'
}

describe('a provider beside a command that is installed below a shared folder', () => {
  const COMMANDS = [
    'inspect',
    'inspect --provider planted',
    'config schema --provider planted',
    'config check -c keyfold.yaml',
  ]

  test.each(COMMANDS)('never runs from that folder: %s', async (command) => {
    const folder = await makeShared()
    const bin = await installCommand(folder, 'job')
    const config = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    const ran = await runBin(command.split(' '), { cwd: config.path, bin })
    expect(ran).toMatchObject(command === 'inspect' ? { code: 0 } : REFUSED)
    expect(existsSync(folder.file('mark'))).toBe(false)
  })

  test.each(COMMANDS)('never runs from a folder that the environment names: %s', async (command) => {
    const folder = await makeShared()
    const bin = await installCommand(folder, 'job')
    const config = await makeConfigured(CONFIG.replace('inmemory', 'planted'))
    for (const modules of ['home/.node_modules', 'home/.node_libraries', 'path/node_modules']) {
      await installProvider(folder, 'planted', planted(folder.file('mark')), undefined, modules)
    }
    const ran = await runBin(command.split(' '), {
      cwd: config.path,
      bin,
      env: { HOME: folder.file('home'), NODE_PATH: folder.file('path/node_modules') },
    })
    expect(ran).toMatchObject(
      command === 'inspect'
        ? { code: 0 }
        : { code: 2, stderr: expect.stringContaining('PROVIDER_NOT_INSTALLED') as string },
    )
    expect(existsSync(folder.file('mark'))).toBe(false)
  })

  test('never runs because a link to the command lies beside it', async () => {
    const folder = await makeShared()
    const bin = await installCommand(folder, 'job')
    await installProvider(folder, 'planted', planted(folder.file('mark')))
    await symlink(folder.file('job/node_modules/@keyfold/cli'), folder.file('node_modules/@keyfold/cli'))
    const ran = await runBin(['inspect'], { cwd: folder.path, bin })
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('left out: ') as string })
    expect(existsSync(folder.file('mark'))).toBe(false)
  })

  test('runs when it is installed with the command', async () => {
    const folder = await makeShared()
    const bin = await installCommand(folder, 'job')
    await installProvider(folder, 'planted', planted(folder.file('mark')), undefined, 'job/node_modules')
    expect(await runBin(['inspect'], { cwd: folder.path, bin })).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(folder.file('mark'))).toBe(true)
  })

  test.skipIf(CANNOT_CHOWN)(
    'runs when it belongs to the owner of the command, and not when to somebody else (only root can try)',
    async () => {
      const folder = await makeShared()
      const bin = await installCommand(folder, 'job')
      await installProvider(folder, 'planted', planted(folder.file('mark')), undefined, 'job/node_modules')
      const at = 'job/node_modules/@keyfold/kms-planted'
      for (const name of [at, 'job']) await chown(folder.file(name), STRANGER, STRANGER)
      expect(await runBin(['inspect'], { cwd: folder.path, bin })).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('left out: ') as string,
      })
      expect(existsSync(folder.file('mark'))).toBe(false)
      const { stdout } = await runBin([], {
        cwd: folder.path,
        bin,
        stdin: '',
        shell: `chown -R ${STRANGER} ${folder.file('job/node_modules/@keyfold/cli')}; echo done`,
      })
      expect(stdout).toBe('done\n')
      expect(await runBin(['inspect'], { cwd: folder.path, bin })).toMatchObject({ code: 0, stderr: '' })
      expect(existsSync(folder.file('mark'))).toBe(true)
    },
  )
})
