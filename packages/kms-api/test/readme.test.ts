import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { describe, expect, it, vi } from 'vitest'

import { loadKmsProvider } from '../src/discovery/index.ts'
import { isKmsError, type KmsProvider } from '../src/index.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const root = new URL('..', import.meta.url)
const readme = readFileSync(new URL('README.md', root), 'utf8')

/** The block that starts with the comment, its imports led to the sources of this package. */
async function example(name: string): Promise<KmsProvider> {
  const code = readme
    .split('```ts\n')
    .find((block) => block.startsWith(`// ${name}\n`))
    ?.split('```')[0]
  if (code === undefined) throw new Error(`the README has no block "// ${name}"`)
  const local = code
    .replaceAll("'@keyfold/kms-api'", JSON.stringify(new URL('src/index.ts', root).href))
    .replaceAll(/'@keyfold\/kms-api\/([\w-]+)'/g, (_, entry: string) =>
      JSON.stringify(new URL(`src/${entry}/index.ts`, root).href),
    )
    .replaceAll("'zod'", JSON.stringify(pathToFileURL(fileURLToPath(import.meta.resolve('zod'))).href))
  const directory = temporaryDirectory({ 'package.json': '{ "type": "module" }', [name]: local })
  return await loadKmsProvider('acme', {
    loaders: { acme: () => import(/* @vite-ignore */ pathToFileURL(join(directory, name)).href) },
  })
}

describe('the provider of the README', () => {
  it('keeps the contract', async () => {
    const client = {
      exists: vi.fn((key: string) => Promise.resolve(key === 'appkey' || key === 'appother')),
      wrap: vi.fn((_: string, plaintext: Uint8Array) => Promise.resolve(plaintext.map((byte) => byte ^ 0x55))),
      unwrap: vi.fn((_: string, wrapped: Uint8Array) => Promise.resolve(wrapped.map((byte) => byte ^ 0x55))),
    }
    const provider = await example('kms-provider.ts')
    const context = { baseDirectory: '/', clients: { acme: client } }
    await expect(provider.create({ prefix: 5 }, context)).rejects.toMatchObject({ code: 'KMS_CONFIG', path: 'prefix' })
    await expect(provider.create({}, { baseDirectory: '/' })).rejects.toMatchObject({ code: 'KMS_CONFIG' })
    const kms = await provider.create({ prefix: 'app' }, context)
    const kek = await kms.resolveKek('key')
    const other = await kms.resolveKek('other')
    await expect(kms.resolveKek('gone')).rejects.toMatchObject({ code: 'KMS_UNKNOWN_ALIAS' })

    const { dek, edek } = await kms.generateDekPair(kek)
    expect(kms.kekOf(edek)).toEqual(kek)
    await expect(kms.decryptEdek(other, edek)).rejects.toMatchObject({ code: 'KMS_KEK_MISMATCH' })
    await expect(kms.decryptEdek(kek, edek, { encryptionContext: { a: 'b' } })).rejects.toMatchObject({
      code: 'KMS_CONTEXT_UNSUPPORTED',
    })
    for (const bad of [
      edek.subarray(0, 7),
      edek.subarray(1),
      new Uint8Array(0),
      Uint8Array.of(0xff),
      Uint8Array.of(1, 0x7a, 9),
    ]) {
      expect(() => kms.kekOf(bad)).toThrow(expect.objectContaining({ code: 'KMS_INVALID_EDEK' }))
    }
    expect(client.unwrap).not.toHaveBeenCalled()

    const again = await kms.decryptEdek(kek, edek)
    expect([dek.origin, again.origin, client.unwrap.mock.calls.length]).toEqual(['generated', 'unwrapped', 1])
    await expect(kms.decryptEdek(kek, edek, { signal: AbortSignal.abort('stop') })).rejects.toBe('stop')
    client.unwrap.mockResolvedValueOnce(new Uint8Array(16))
    await expect(kms.decryptEdek(kek, edek)).rejects.toMatchObject({ code: 'KMS_INVALID_EDEK' })

    // What one handle seals, the other opens: it is the same key.
    const slab = new Uint8Array(33).fill(7)
    dek.claim('records')
    dek.sealRegions(slab, Uint32Array.of(0, 12, 5, 17), 1)
    expect(slab.subarray(12, 17)).not.toEqual(new Uint8Array(5).fill(7))
    again.claim('records')
    expect(again.openRegions(slab, Uint32Array.of(0, 12, 5, 17), 1, new Uint8Array(1))).toBe(0)
    expect(slab.subarray(12, 17)).toEqual(new Uint8Array(5).fill(7))
    dek.destroy()
    again.destroy()

    await kms.close()
    await kms[Symbol.asyncDispose]()
    expect(isKmsError(await kms.resolveKek('key').catch((error: unknown) => error), 'KMS_CLOSED')).toBe(true)
  })
})
