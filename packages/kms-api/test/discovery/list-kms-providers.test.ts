import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describe, expect, it } from 'vitest'

import { listKmsProviders, loadKmsProvider } from '../../src/discovery/index.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { installed, timesLoaded } from './fixtures.ts'

const other = (name: string): Record<string, string> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, exports: { '.': './index.js' } }),
})

describe('the list of providers', () => {
  it('names, sorted, what is depended on and installed, as it is loaded, and runs nothing', async () => {
    const app = temporaryDirectory({
      'package.json': JSON.stringify({
        name: 'app',
        dependencies: {
          '@keyfold/kms-vault': '1',
          '@acme/kms-oracle': '1',
          '@keyfold/kms-api': '1',
          left: '1',
          '@keyfold/kms-gone': '1',
          'kms-unscoped': '1',
        },
        optionalDependencies: { '@keyfold/kms-aws': '1', '@keyfold/kms-broken': '1' },
        devDependencies: { '@keyfold/kms-inmemory': '1', '@keyfold/kms-vault': '1' },
        peerDependencies: { 'acme.kms': '1', '../../hostile': '1', '': '1' },
      }),
      ...installed('@keyfold/kms-vault'),
      ...installed('@acme/kms-oracle'),
      ...installed('@keyfold/kms-aws'),
      ...installed('@keyfold/kms-inmemory'),
      ...installed('acme.kms'),
      ...installed('@acme/kms-not-depended-on'),
      ...installed('kms-unscoped'),
      ...other('@keyfold/kms-api'),
      ...other('left'),
      'node_modules/@keyfold/kms-broken/package.json': '{',
    })
    const before = timesLoaded()
    const names = await listKmsProviders({ from: join(app, 'src/main.js') })
    expect(names).toEqual(['@acme/kms-oracle', 'acme.kms', 'aws', 'inmemory', 'vault'])
    expect(timesLoaded()).toBe(before)
    for (const name of names) expect(await loadKmsProvider(name, { from: app })).toMatchObject({ contract: 1 })
  })

  it('reads the nearest package.json that is one, not a mere mark of the module type', async () => {
    const app = temporaryDirectory({
      ...installed('@keyfold/kms-aws'),
      'package.json': '{ "name": "outer", "dependencies": { "@keyfold/kms-aws": "1" } }',
      'dist/package.json': '{ "type": "module" }',
      'inner/package.json': '{ "name": "inner" }',
      'unnamed/package.json': '{ "dependencies": {}, "devDependencies": null }',
    })
    expect(await listKmsProviders({ from: pathToFileURL(join(app, 'dist/main.js')) })).toEqual(['aws'])
    expect(await listKmsProviders({ from: app })).toEqual(['aws'])
    expect(await listKmsProviders({ from: join(app, 'inner/main.js') })).toEqual([])
    expect(await listKmsProviders({ from: join(app, 'unnamed/main.js') })).toEqual([])
  })

  it('is empty where there is no application', async () => {
    expect(await listKmsProviders({ from: '/does-not-exist/main.js' })).toEqual([])
  })

  it('refuses a place that is none', async () => {
    await expect(listKmsProviders({ from: 'relative' })).rejects.toThrow(TypeError)
    await expect(listKmsProviders(undefined as unknown as { from: string })).rejects.toThrow(
      '"options" expected an object with "from", got undefined',
    )
    await expect(listKmsProviders(null as unknown as { from: string })).rejects.toThrow(TypeError)
  })

  it("says when the application's own package.json is broken", async () => {
    await expect(listKmsProviders({ from: temporaryDirectory({ 'package.json': '{' }) })).rejects.toThrow(SyntaxError)
  })
})
