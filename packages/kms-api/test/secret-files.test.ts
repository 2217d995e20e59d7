import { Buffer } from 'node:buffer'
import { generateKeyPairSync } from 'node:crypto'
import type * as FsPromises from 'node:fs/promises'

import { beforeEach, describe, expect, it, vi } from 'vitest'

import { createSecret } from '../src/index.ts'
import { loadTlsFiles } from '../src/provider-kit/index.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** The memory that files were read into. */
const read: Uint8Array[] = []

vi.mock('node:fs/promises', async (load: () => Promise<typeof FsPromises>) => {
  const original = await load()
  return {
    ...original,
    async readFile(...parameters: Parameters<typeof original.readFile>) {
      const content = await original.readFile(...parameters)
      if (content instanceof Uint8Array) read.push(content)
      return content
    },
    async open(...parameters: Parameters<typeof original.open>) {
      const handle = await original.open(...parameters)
      const readOriginal = handle.read.bind(handle) as (...rest: unknown[]) => Promise<unknown>
      Object.defineProperty(handle, 'read', {
        value: async (bytes: Uint8Array, ...rest: unknown[]) => {
          read.push(bytes)
          return await readOriginal(bytes, ...rest)
        },
      })
      return handle
    },
  }
})

beforeEach(() => {
  read.length = 0
})

const holds = (text: string): boolean => read.some((bytes) => Buffer.from(bytes).includes(text))

describe('the memory that a secret file was read into', () => {
  it.each([
    ['of a secret', 'kf-canary'],
    ['that is not UTF-8', Buffer.from([0xff, ...Buffer.from('kf-canary')])],
    ['that is too long', 'kf-canary'.repeat(10_000)],
  ])('holds nothing any more: a file %s', async (_, content) => {
    const baseDirectory = temporaryDirectory({ secret: content as string })
    const secret = createSecret({ file: 'secret' }, { baseDirectory, path: 'token', provider: 'test' })
    await secret.reveal().catch(() => undefined)
    expect(read).not.toEqual([])
    expect(read.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true)
  })

  it('holds no private key any more, whether that could be used or not', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    const folder = temporaryDirectory({ 'key.pem': key.toString(), 'broken.pem': 'PRIVATE KEY, but none' })
    for (const keyFile of ['key.pem', 'broken.pem']) {
      read.length = 0
      await loadTlsFiles({ keyFile }, { baseDirectory: folder, path: 'tls', provider: 'test' }).catch(() => undefined)
      expect(read).not.toEqual([])
      expect(holds('PRIVATE KEY')).toBe(false)
    }
  })
})
