import { describe, expect, test } from 'vitest'

import { rule as noConsole } from '../rules/no-console.ts'
import { rule as noOtherRandomness } from '../rules/no-other-randomness.ts'
import { rule as r6 } from '../rules/r6-computed-import.ts'
import { scratchTarball, scratchWorkspace } from './scratch.ts'

const inSources = (text: string, path = 'packages/cli/src/a.ts'): ReturnType<typeof scratchWorkspace> =>
  scratchWorkspace({ [path]: text })

describe('r6-computed-import', () => {
  test.each(['import(name)', 'import(`./${name}.js`)', 'require(name)', 'import()'])(
    '%s outside of discovery is caught, in sources and tarball',
    async (text) => {
      expect(await r6.workspace?.(inSources(text))).toEqual([
        'packages/cli/src/a.ts:1 loads a module by a computed name',
      ])
      expect(await r6.tarball?.(scratchTarball({ name: '@keyfold/cli' }, { 'dist/a.js': text }))).toEqual([
        'dist/a.js:1 loads a module by a computed name',
      ])
    },
  )

  test('one file of discovery may, a second may not', async () => {
    const home = 'packages/kms-api/src/discovery'
    expect(await r6.workspace?.(inSources('import(name)', `${home}/a.ts`))).toEqual([])
    expect(
      await r6.workspace?.(scratchWorkspace({ [`${home}/a.ts`]: 'import(name)', [`${home}/b.ts`]: 'import(name)' })),
    ).toEqual([expect.stringContaining(`${home}/a.ts, ${home}/b.ts`)])
    expect(await r6.tarball?.(scratchTarball({ name: '@keyfold/kms-api' }, { 'dist/a.js': 'import(a)' }))).toEqual([])
    expect(
      await r6.tarball?.(scratchTarball({ name: '@keyfold/kms-api' }, { 'dist/a.js': 'import(a); import(b)' })),
    ).toHaveLength(2)
  })

  test.each(["import('node:fs')", "require('x')", 'require.resolve(name)', '// import(name)'])(
    '%s passes',
    async (text) => {
      expect(await r6.workspace?.(inSources(text))).toEqual([])
    },
  )
})

describe('no-other-randomness', () => {
  test.each([
    'Math.random()',
    "Math['random']()",
    'globalThis.Math.random()',
    'const { random } = Math',
    'crypto.randomUUID()',
    'crypto.getRandomValues(bytes)',
    'globalThis.crypto',
    "import { randomUUID } from 'node:crypto'",
    "import { randomInt as any } from 'node:crypto'",
    "import { webcrypto } from 'node:crypto'",
    "import { generateKeySync } from 'node:crypto'",
    'const { getRandomValues } = x',
  ])('%s is caught, in sources and tarball', async (text) => {
    expect(await noOtherRandomness.workspace?.(inSources(text))).toHaveLength(1)
    expect(await noOtherRandomness.tarball?.(scratchTarball({}, { 'dist/a.js': text }))).toHaveLength(1)
  })

  test.each([
    "import { randomBytes, randomFillSync } from 'node:crypto'",
    'Math.max(1, 2)',
    "const text = 'Math.random()'",
  ])('%s passes', async (text) => {
    expect(await noOtherRandomness.workspace?.(inSources(text))).toEqual([])
  })
})

describe('no-console', () => {
  test.each([
    'console.log(1)',
    'globalThis.console.error(1)',
    'const { log } = console',
    "import { log } from 'node:console'",
  ])('%s is caught', async (text) => {
    expect(await noConsole.workspace?.(inSources(text))).toHaveLength(1)
    expect(await noConsole.tarball?.(scratchTarball({}, { 'dist/a.js': text }))).toHaveLength(1)
  })

  test.each(['process.stderr.write(text)', '// console.log(1)', 'logger.warn(1)'])('%s passes', async (text) => {
    expect(await noConsole.workspace?.(inSources(text))).toEqual([])
  })
})
