import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { describe, expect, it } from 'vitest'

import * as one from '../../src/index.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

type Api = typeof one

const source = fileURLToPath(new URL('../../src', import.meta.url))
const details = { provider: 'example', operation: 'decryptEdek' } as const

describe('two installed copies of this package', () => {
  it("recognise each other's errors, which instanceof does not", async () => {
    const directory = temporaryDirectory({ 'package.json': '{ "type": "module" }' })
    cpSync(source, join(directory, 'src'), { recursive: true })
    // The copy runs as it stands: Node strips the types.
    const two = (await import(/* @vite-ignore */ pathToFileURL(join(directory, 'src/index.ts')).href)) as Api
    expect(two.KmsClosedError).not.toBe(one.KmsClosedError)
    for (const [maker, reader] of [
      [one, two],
      [two, one],
    ] as const) {
      const closed = new maker.KmsClosedError(details)
      expect(closed instanceof reader.KmsError).toBe(false)
      expect([
        reader.isKmsError(closed),
        reader.isKmsError(closed, 'KMS_CLOSED'),
        reader.isKmsError(closed, 'KMS_TIMEOUT'),
      ]).toEqual([true, true, false])
      const destroyed = new maker.DekError('DEK_DESTROYED')
      expect([
        reader.isDekError(destroyed, 'DEK_DESTROYED'),
        reader.isDekError(destroyed, 'DEK_CLAIMED'),
        reader.isKmsError(destroyed),
      ]).toEqual([true, false, false])
      const missing = new maker.ProviderError('PROVIDER_NOT_INSTALLED', 'aws', 'x')
      expect([
        reader.isProviderError(missing, 'PROVIDER_NOT_INSTALLED'),
        reader.isProviderError(missing, 'PROVIDER_CONTRACT'),
        reader.isKmsError(missing),
      ]).toEqual([true, false, false])
    }
  })
})
