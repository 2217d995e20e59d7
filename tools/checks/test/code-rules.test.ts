import { describe, expect, test } from 'vitest'

import { rule as noCycles } from '../rules/no-cycles.ts'
import { rule as noOtherRandomness } from '../rules/no-other-randomness.ts'
import { scratchTarball, scratchWorkspace } from './scratch.ts'

const inSources = (text: string, path = 'packages/cli/src/a.ts'): ReturnType<typeof scratchWorkspace> =>
  scratchWorkspace({ [path]: text })

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

describe('no-cycles', () => {
  const judge = (files: Readonly<Record<string, string>>): unknown =>
    noCycles.workspace?.(
      scratchWorkspace({
        'packages/a/package.json': { name: 'a' },
        ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`packages/a/src/${name}`, text])),
      }),
    )

  test('files and folders that import each other one way pass', () => {
    expect(
      judge({ 'index.ts': "import './x/a.ts'", 'x/a.ts': "import '../y/b.ts'", 'y/b.ts': "import 'node:fs'" }),
    ).toEqual([])
  })

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['two files', { 'x/a.ts': "import './b.ts'", 'x/b.ts': "import './a.ts'" }, '2 files import each other'],
    [
      'three files, by types, re-exports and import()',
      {
        'a.ts': "import type { B } from './b.ts'",
        'b.ts': "export { c } from './c.ts'",
        'c.ts': "await import('./a.ts')",
      },
      '3 files import each other',
    ],
    [
      'folders whose files do not',
      { 'x/a.ts': "import '../y/b.ts'", 'y/c.ts': "import '../x/d.ts'", 'y/b.ts': '', 'x/d.ts': '' },
      '2 folders import each other: packages/a/src/x, packages/a/src/y',
    ],
    [
      'a folder and the one above it',
      { 'x/index.ts': "import './y/a.ts'", 'x/y/a.ts': "import '../types.ts'", 'x/types.ts': '' },
      '2 folders import each other: packages/a/src/x, packages/a/src/x/y',
    ],
  ])('%s are caught', (_, files, message) => {
    expect(judge(files)).toContainEqual(expect.stringContaining(message))
  })
})
