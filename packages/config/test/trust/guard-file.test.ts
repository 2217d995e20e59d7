import { Buffer } from 'node:buffer'
import { execFile as execFileCallback, spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, symlink } from 'node:fs/promises'
import { promisify } from 'node:util'

import { describe, expect, test } from 'vitest'

import { readGuardedFile } from '../../src/trust/read-guarded-file.ts'
import { asUser, IS_ROOT, STRANGER, USERS } from '../support/as-user.ts'
import { CONFIG, makeConfigured, makeFolder, type Folder } from '../support/folder.ts'

const execFile = promisify(execFileCallback)
/** Whether this process may mount: root of a container often may not. */
const CAN_MOUNT = IS_ROOT && spawnSync('unshare', ['-m', 'true']).status === 0

/** What became of a file: its text, or the error. */
const check = async (cwd: string, config = 'keyfold.yaml'): Promise<object> =>
  readGuardedFile(config, cwd).catch((error: unknown) => error as Error)
const UNTRUSTED = 'CONFIG_UNTRUSTED'
const READ = { text: CONFIG }

describe('a configuration file', () => {
  test.each([0o600, 0o644, 0o400, 0o755])('of mode %o is read', async (mode) => {
    const folder = await makeFolder()
    await folder.write('keyfold.yaml', CONFIG, mode)
    expect(await check(folder.path)).toMatchObject(READ)
  })

  test.each([0o620, 0o602, 0o666, 0o777])('of mode %o is refused with the command that cures it', async (mode) => {
    const folder = await makeFolder()
    await folder.write('keyfold.yaml', CONFIG, mode)
    expect(await check(folder.path)).toMatchObject({
      code: UNTRUSTED,
      message: expect.stringContaining(
        `got a file of mode 0${mode.toString(8)}; type: chmod go-w ${folder.file('keyfold.yaml')}`,
      ) as string,
    })
  })

  test.each([0o770, 0o707])(
    'in a folder of mode %o is refused: another file could be put in its place',
    async (mode) => {
      const folder = await makeConfigured()
      await chmod(folder.path, mode)
      const ran = await check(folder.path)
      expect(ran).toMatchObject({
        code: UNTRUSTED,
        message: expect.stringContaining(`got a folder of mode 0${mode.toString(8)}`) as string,
      })
    },
  )

  test('under a folder that all may write is refused, unless that folder is sticky', async () => {
    const folder = await makeFolder()
    await mkdir(folder.file('open/mine'), { recursive: true })
    await folder.write('open/mine/keyfold.yaml', CONFIG)
    await chmod(folder.file('open'), 0o777)
    expect(await check(folder.file('open/mine'))).toMatchObject({
      code: UNTRUSTED,
      message: expect.stringContaining('type: chmod o-w') as string,
    })
    await chmod(folder.file('open'), 0o1777)
    expect(await check(folder.file('open/mine'))).toMatchObject(READ)
  })

  test.skipIf(!IS_ROOT).each(USERS)('of another user is refused for %s (only root can try)', async (_, uid) => {
    const folder = await makeConfigured()
    await chmod(folder.path, 0o755)
    await chmod(folder.file('keyfold.yaml'), 0o644)
    expect(await asUser(uid, () => check(folder.path))).toMatchObject(READ)
    await chown(folder.file('keyfold.yaml'), 12345, 12345)
    expect(await asUser(uid, () => check(folder.path))).toMatchObject({
      code: UNTRUSTED,
      message: expect.stringContaining('a file of user 12345') as string,
    })
  })

  test.skipIf(!IS_ROOT).each(USERS)(
    'below a folder of another user, who could put another in its place, is refused for %s (only root can try)',
    async (_, uid) => {
      const folder = await makeFolder()
      await folder.write('theirs/mine/keyfold.yaml', CONFIG)
      await chmod(folder.path, 0o755)
      await chmod(folder.file('theirs/mine/keyfold.yaml'), 0o644)
      await chown(folder.file('theirs'), 12345, 12345)
      expect(await asUser(uid, () => check(folder.file('theirs/mine')))).toMatchObject({
        code: UNTRUSTED,
        message: expect.stringContaining('a folder of user 12345') as string,
      })
    },
  )

  test('that is a folder, a device or too large is rejected', async () => {
    const folder = await makeConfigured()
    expect(await check(folder.path, '.')).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('.: the configuration is not a regular file') as string,
    })
    expect(await check(folder.path, '/dev/zero')).toMatchObject({ code: 'CONFIG_UNREADABLE' })
    await folder.write('large.yaml', `${CONFIG}#${' '.repeat(1024 * 1024)}`)
    expect(await check(folder.path, 'large.yaml')).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('large.yaml: the configuration is larger than 1 MiB') as string,
    })
    await folder.write('latin1.yaml', Buffer.from([0x61, 0x3a, 0xe9]))
    expect(await check(folder.path, 'latin1.yaml')).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('latin1.yaml: the configuration is not UTF-8') as string,
    })
  })

  test('in the layout of a Kubernetes volume is read, and named so that an update does not take its folder away', async () => {
    const folder = await makeFolder()
    await folder.write('..2026_01_01/keyfold.yaml', CONFIG)
    await symlink('..2026_01_01', folder.file('..data'))
    await symlink('..data/keyfold.yaml', folder.file('keyfold.yaml'))
    expect(await check(folder.path)).toEqual({ path: folder.file('..data/keyfold.yaml'), text: CONFIG })
    await chmod(folder.file('..2026_01_01'), 0o777)
    expect(await check(folder.path)).toMatchObject({ code: UNTRUSTED })
  })
})

describe('a configuration file that is mounted read-only', () => {
  /** Reads it in a mount namespace of its own, where `volume` is read-only. */
  const readMounted = async (folder: Folder, uid: number): Promise<string> => {
    await folder.write(
      'read.ts',
      `import { readGuardedFile } from ${JSON.stringify(new URL('../../src/trust/read-guarded-file.ts', import.meta.url).href)}
       process.seteuid(${uid})
       readGuardedFile('volume/keyfold.yaml', ${JSON.stringify(folder.path)}).then(({ path }) => console.log(path), ({ message }) => console.log(message))`,
    )
    const script =
      'mount --bind volume volume && mount -o remount,ro,bind volume && exec "$0" -C @keyfold/source read.ts'
    const { stdout } = await execFile('unshare', ['-m', 'sh', '-c', script, process.execPath], { cwd: folder.path })
    return stdout.trim()
  }

  test.skipIf(!CAN_MOUNT).each(USERS)('is read by %s, whatever its mode and owner are', async (_, uid) => {
    const folder = await makeFolder()
    await chmod(folder.path, 0o755)
    await folder.write('volume/..2026_01_01/keyfold.yaml', CONFIG, 0o666)
    await symlink('..2026_01_01', folder.file('volume/..data'))
    await symlink('..data/keyfold.yaml', folder.file('volume/keyfold.yaml'))
    await chmod(folder.file('volume'), 0o777)
    await chmod(folder.file('volume/..2026_01_01'), 0o777)
    await chown(folder.file('volume/..2026_01_01/keyfold.yaml'), STRANGER, STRANGER)
    expect(await check(folder.path, 'volume/keyfold.yaml')).toMatchObject({ code: UNTRUSTED })
    expect(await readMounted(folder, uid)).toBe(folder.file('volume/..data/keyfold.yaml'))
  })
})
