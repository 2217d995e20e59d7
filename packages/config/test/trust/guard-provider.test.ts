import { chmod, chown, lchown, mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { beforeEach, describe, expect, test, vi } from 'vitest'

import { guardProvider } from '../../src/trust/guard-provider.ts'
import { asUser, IS_ROOT, STRANGER, USERS } from '../support/as-user.ts'
import { makeFolder, type Folder } from '../support/folder.ts'

const NAME = '@acme/kms'
const STICKY = 0o1777
const OPEN = 0o777

/** `above/app/node_modules` with a provider in it that depends on `debug`, which may import what is not installed. */
async function install(): Promise<Folder> {
  const folder = await makeFolder()
  await chmod(folder.path, 0o755)
  const modules = 'above/app/node_modules'
  await folder.write(`${modules}/${NAME}/package.json`, JSON.stringify({ dependencies: { debug: '*' } }))
  await folder.write(`${modules}/${NAME}/dist/index.js`, '')
  await folder.write(`${modules}/debug/package.json`, JSON.stringify({ peerDependencies: { 'supports-color': '*' } }))
  await folder.write('home/file', '')
  vi.stubEnv('HOME', folder.file('home'))
  vi.stubEnv('NODE_PATH', '')
  return folder
}

async function give(path: string, uid: number): Promise<void> {
  if (IS_ROOT) await lchown(path, uid, uid)
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) await give(join(path, entry.name), uid)
}

/** `undefined`, or the message of the error. */
async function guard(folder: Folder, uid: number, modules = 'above/app/node_modules'): Promise<string | undefined> {
  const directory = folder.file(`above/app/node_modules/${NAME}`)
  const found = { packageName: NAME, folder: folder.file(modules), directory, file: join(directory, 'dist/index.js') }
  return asUser(uid, () => guardProvider(found)).then(
    () => undefined,
    (error: unknown) => {
      expect(error).toMatchObject({ name: 'ConfigError', code: 'CONFIG_UNTRUSTED' })
      return (error as Error).message
    },
  )
}

/** Makes a folder of a user, with a mode that no umask changes. */
async function make(folder: Folder, name: string, mode: number, uid: number): Promise<string> {
  await mkdir(folder.file(name), { recursive: true })
  if (IS_ROOT) await chown(folder.file(name), uid, uid)
  await chmod(folder.file(name), mode)
  return folder.file(name)
}

beforeEach(() => () => vi.unstubAllEnvs())

describe.each(USERS)('for %s, the code of a provider', (_, uid) => {
  let folder: Folder
  beforeEach(async () => {
    folder = await install()
    await give(folder.path, uid)
  })

  test('is accepted in an installation that nobody else may change', async () => {
    expect(await guard(folder, uid)).toBeUndefined()
  })

  test.each([
    ['above', 'the folder above the installation'],
    ['above/app', 'the folder of the installation'],
    ['above/app/node_modules', 'its node_modules'],
    [`above/app/node_modules/${NAME}`, 'the package'],
    [`above/app/node_modules/${NAME}/dist`, 'a folder of the package'],
    ['above/app/node_modules/debug', 'a dependency'],
    ['above/app/node_modules/debug/package.json', 'a file of a dependency'],
  ])('is rejected when others may write %s, %s', async (name) => {
    await chmod(folder.file(name), OPEN)
    const message = await guard(folder, uid)
    expect(message).toContain(`"${folder.file(name)}" expected to be writable by nobody but you and root`)
    expect(message).toContain(`type chmod o-w ${folder.file(name)}, or install it in a folder of your own`)
  })

  test.each([
    [`above/app/node_modules/${NAME}/node_modules`, 'in the package'],
    [`above/app/node_modules/${NAME}/dist/node_modules`, 'beside its file'],
    ['above/app/node_modules/debug/node_modules', 'in a dependency'],
    ['above/app/node_modules/@aws-sdk', 'a scope whose package is optional'],
    ['above/node_modules', 'above the installation'],
    ['above/node_modules/supports-color', 'a package above the installation'],
    ['above/node_modules/@aws-sdk', 'a scope above the installation'],
    ['home/.node_modules', 'of CommonJS'],
    ['home/.node_libraries', 'of CommonJS'],
    ['home/.node_libraries/supports-color', 'of CommonJS, a package'],
  ])('is rejected when others may write %s, %s, where Node looks for what it imports', async (name) => {
    await make(folder, name, 0o755, uid)
    await give(folder.path, uid)
    expect(await guard(folder, uid)).toBeUndefined()
    for (const mode of [OPEN, STICKY]) {
      await make(folder, name, mode, uid)
      expect(await guard(folder, uid)).toContain(`"${folder.file(name)}" expected`)
    }
  })

  test('is accepted below a sticky folder only with a node_modules there that nobody else may change', async () => {
    await chmod(folder.file('above'), STICKY)
    const missing = await guard(folder, uid)
    expect(missing).toContain(`"${folder.file('above')}" expected`)
    expect(missing).toContain(`type mkdir -m 755 -p ${folder.file('above/node_modules')}, or install it`)
    await make(folder, 'above/node_modules', 0o755, uid)
    expect(await guard(folder, uid)).toBeUndefined()
    await chmod(folder.file('above/node_modules'), OPEN)
    expect(await guard(folder, uid)).toContain(`"${folder.file('above/node_modules')}" expected`)
  })

  test('is rejected when a dependency really lies below a sticky folder, by a link or by a link of a link', async () => {
    await folder.write('store/inner/deep/package.json', JSON.stringify({}))
    await folder.write('store/inner/debug/package.json', JSON.stringify({ optionalDependencies: { deep: '*' } }))
    await mkdir(folder.file('other/node_modules'), { recursive: true })
    await symlink(folder.file('store/inner/deep'), folder.file('other/node_modules/deep'))
    await symlink(folder.file('other/node_modules'), folder.file('store/inner/debug/node_modules'))
    await folder.write(
      `above/app/node_modules/${NAME}/package.json`,
      JSON.stringify({ dependencies: { linked: '*' } }),
      0o644,
    )
    await symlink(folder.file('store/inner/debug'), folder.file('above/app/node_modules/linked'))
    await give(folder.path, uid)
    expect(await guard(folder, uid)).toBeUndefined()
    await chmod(folder.file('store'), STICKY)
    expect(await guard(folder, uid)).toContain(`"${folder.file('store')}" expected`)
    await chmod(folder.file('store'), 0o755)
    await chmod(folder.file('other'), OPEN)
    expect(await guard(folder, uid)).toContain(`"${folder.file('other')}" expected`)
  })

  test.each([
    ['NODE_PATH', 'path/lib', 'path/lib'],
    ['NODE_PATH', 'path/missing/lib', 'path/missing/lib'],
    ['HOME', 'path', 'path/.node_modules'],
    ['HOME', 'path/nobody', 'path/nobody/.node_modules'],
  ])('is rejected when anybody could create a folder of %s=%s', async (name, value, created) => {
    await make(folder, 'path', 0o755, uid)
    vi.stubEnv(name, name === 'NODE_PATH' ? `/nonexistent:${folder.file(value)}` : folder.file(value))
    expect(await guard(folder, uid)).toBeUndefined()
    await chmod(folder.file('path'), STICKY)
    const message = await guard(folder, uid)
    expect(message).toContain(`"${folder.file('path')}" expected`)
    expect(message).toContain(`type mkdir -m 755 -p ${folder.file(created)}`)
  })

  test.each([
    ['above', 'a folder'],
    ['above/node_modules', 'a folder'],
    ['above/node_modules/supports-color', 'a folder'],
    ['above/app/node_modules/debug', 'a folder'],
    [`above/app/node_modules/${NAME}/dist/index.js`, 'a file'],
    ['home/.node_modules', 'a folder'],
  ])('is rejected when %s belongs to another user (only root can try)', async (name, kind) => {
    if (!IS_ROOT) return
    await mkdir(folder.file('above/node_modules/supports-color'), { recursive: true })
    await mkdir(folder.file('home/.node_modules'), { recursive: true })
    await give(folder.path, uid)
    expect(await guard(folder, uid)).toBeUndefined()
    await lchown(folder.file(name), STRANGER, STRANGER)
    expect(await guard(folder, uid)).toContain(
      `"${folder.file(name)}" expected to be writable by nobody but you and root, got ${kind} of user ${STRANGER}`,
    )
    await lchown(folder.file(name), 0, 0)
    await chmod(folder.file(name), 0o755)
    expect(await guard(folder, uid)).toBeUndefined()
  })

  test('is rejected when a link of another user leads to where Node looks (only root can try)', async () => {
    if (!IS_ROOT) return
    await mkdir(folder.file('mine'))
    await symlink(folder.file('mine'), folder.file('above/node_modules'))
    await give(folder.path, uid)
    expect(await guard(folder, uid)).toBeUndefined()
    await lchown(folder.file('above/node_modules'), STRANGER, STRANGER)
    expect(await guard(folder, uid)).toContain(`got a link of user ${STRANGER}`)
  })
})
