import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import provider from '../src/kms-provider.ts'

const run = promisify(execFile)
const provided = new URL('../src/kms-provider.ts', import.meta.url).href

/** Prints how many modules of the SDK are loaded, by the loader of CommonJS, which the SDK's are. */
const COUNT = `
  const { default: { _cache } } = await import('node:module')
  const count = () => Object.keys(_cache).filter((name) => /[\\\\/]@(aws-sdk|smithy)[\\\\/]/.test(name)).length`

async function inProcess(script: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [
    '--conditions=@keyfold/source',
    '--input-type=module',
    '--eval',
    script,
  ])
  return JSON.parse(stdout)
}

describe('the provider', () => {
  it('is what discovery looks for', () => {
    expect(provider).toMatchObject({ name: 'aws', contract: 1 })
  })

  it('does not load the SDK until a Kms is made', async () => {
    const script = `${COUNT}
      const { default: provider } = await import(${JSON.stringify(provided)})
      const before = count()
      const kms = await provider.create({ region: 'eu-central-1' }, { baseDirectory: '.' })
      await kms.close()
      console.log(JSON.stringify([before, count() > 0]))`
    expect(await inProcess(script)).toEqual([0, true])
  })

  it('does not load the SDK with its other entries either', async () => {
    const entries = ['../src/index.ts', '../src/admin/index.ts'].map((name) => new URL(name, import.meta.url).href)
    expect(
      await inProcess(
        `${COUNT}\n${entries.map((url) => `await import(${JSON.stringify(url)})`).join('\n')}\nconsole.log(count())`,
      ),
    ).toBe(0)
  })

  it('lets a process end by itself that forgot to close', async () => {
    const script = `
      const { default: provider } = await import(${JSON.stringify(provided)})
      await provider.create({ region: 'eu-central-1' }, { baseDirectory: '.' })
      console.log('1')`
    expect(await inProcess(script)).toBe(1)
  })

  it.each([new Uint8Array(), Uint8Array.of(0), Uint8Array.of(0, 1, 0x6b, 1), Uint8Array.of(1, 1, 0x6b, 1)])(
    'reads no KEK out of %o',
    (edek) => {
      expect(provider.readEdek?.(edek)).toBeUndefined()
    },
  )
})
