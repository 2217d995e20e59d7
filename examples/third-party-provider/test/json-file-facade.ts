import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { KmsConfig, KmsProvider } from '@keyfold/kms-api'
import { decodeBase64 } from '@keyfold/kms-api/provider-kit'
import type { KmsFacade, Situation, TestKek, TestKekManager } from '@keyfold/kms-test-support'

import { decodeEdek } from '../src/edek.ts'
import { KeyFileAdmin } from '../src/key-file-admin.ts'
import { openKey } from '../src/seal.ts'

/** A reader that fails as the file system does. */
function failing(code: string, config: KmsConfig): Situation {
  const readFile = () => Promise.reject(Object.assign(new Error(code), { code }))
  return { context: { clients: { readFile } }, config, end: () => Promise.resolve() }
}

/** The JSON-file KMS in a folder of its own. */
export async function jsonFileFacade(provider: KmsProvider): Promise<KmsFacade> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-jsonfile-'))
  const masterKey = new Uint8Array(randomBytes(32))
  const encodedKey = Buffer.from(masterKey).toString('base64')
  const admin = new KeyFileAdmin(join(folder, 'keys.json'), masterKey)
  const config = () => ({ file: join(folder, 'keys.json'), masterKey: { value: encodedKey } })
  let reads = 0

  const kekManager: TestKekManager = {
    create: async (name): Promise<TestKek> => ({ name, selectors: [name, await admin.create(name)] }),
    delete: ({ name }) => admin.delete(name),
    rotate: ({ name }) => admin.rotate(name),
    disable: ({ name }) => admin.setDisabled(name, true),
    enable: ({ name }) => admin.setDisabled(name, false),
    exists: async ({ name }) => (await admin.list()).some((kek) => kek.name === name),
  }

  return {
    name: 'JSON-file KMS of @acme',
    provider,
    kekManager,
    manifest: {
      wrapping: 'authenticated',
      cannot: {
        silence: 'a file on a local disk is read or is not, it does not wait',
        reject: 'whoever may read the file is not asked for credentials',
      },
    },
    start: () => admin.init(),
    stop: () => rm(folder, { recursive: true }),
    config,
    context: {
      clients: {
        readFile: (...given: Parameters<typeof readFile>) => {
          reads++
          return readFile(...given)
        },
      },
    },
    requests: () => reads,
    canaries: () => [encodedKey, masterKey],
    child: async () => {
      await admin.create('child')
      return {
        module: new URL('../src/kms-provider.ts', import.meta.url),
        config: config(),
        kekSelector: 'child',
        conditions: ['@keyfold/source'],
      }
    },
    denied: async () => failing('EACCES', config()),
    unreachable: async () => failing('EIO', config()),
    interruptible: async () => {
      let away = false
      const change = (to: boolean) => async () => {
        away = to
      }
      const read = (...given: Parameters<typeof readFile>) =>
        away ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : readFile(...given)
      return {
        context: { clients: { readFile: read } },
        config: config(),
        interrupt: change(true),
        restore: change(false),
        end: change(false),
      }
    },
    async revealDek(edek) {
      const fields = decodeEdek(edek)
      const version = (await admin.list()).find(({ id }) => id === fields?.kekId)?.versions[(fields?.version ?? 0) - 1]
      const [iv, wrapped] = [decodeBase64(version?.iv ?? ''), decodeBase64(version?.wrapped ?? '')]
      if (fields === undefined || iv === undefined || wrapped === undefined)
        throw new TypeError('"edek" expected one of this file')
      const key = openKey(masterKey, iv, wrapped)
      const dek = key === undefined ? undefined : openKey(key, fields.iv, fields.wrapped)
      if (dek === undefined) throw new TypeError('"edek" expected one that is not bound to a context')
      return dek
    },
  }
}
