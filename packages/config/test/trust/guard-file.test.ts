import { Buffer } from 'node:buffer'
import { chmod, chown, mkdir } from 'node:fs/promises'

import { describe, expect, test } from 'vitest'

import { readGuardedFile } from '../../src/trust/read-guarded-file.ts'
import { CONFIG, makeConfigured, makeFolder } from '../support/folder.ts'

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

  test.skipIf(process.geteuid?.() !== 0)('of another user is refused (only root can try)', async () => {
    const folder = await makeConfigured()
    await chown(folder.file('keyfold.yaml'), 12345, 12345)
    expect(await check(folder.path)).toMatchObject({
      code: UNTRUSTED,
      message: expect.stringContaining('a file of user 12345') as string,
    })
  })

  test.skipIf(process.geteuid?.() !== 0)(
    'below a folder of another user, who could put another in its place, is refused (only root can try)',
    async () => {
      const folder = await makeFolder()
      await folder.write('theirs/mine/keyfold.yaml', CONFIG)
      await chown(folder.file('theirs'), 12345, 12345)
      expect(await check(folder.file('theirs/mine'))).toMatchObject({
        code: UNTRUSTED,
        message: expect.stringContaining('a folder of user 12345') as string,
      })
    },
  )

  test('that is a folder, a device or too large is refused', async () => {
    const folder = await makeConfigured()
    expect(await check(folder.path, '.')).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('expected a file') as string,
    })
    expect(await check(folder.path, '/dev/zero')).toMatchObject({ code: 'CONFIG_UNREADABLE' })
    await folder.write('large.yaml', `${CONFIG}#${' '.repeat(1024 * 1024)}`)
    expect(await check(folder.path, 'large.yaml')).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('at most 1 MiB') as string,
    })
    await folder.write('latin1.yaml', Buffer.from([0x61, 0x3a, 0xe9]))
    expect(await check(folder.path, 'latin1.yaml')).toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('UTF-8') as string,
    })
  })
})
