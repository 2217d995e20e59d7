import { describe, expect, test } from 'vitest'

import { rule as exactPins } from '../rules/exact-pins.ts'
import { rule as licenceCopies } from '../rules/licence-copies.ts'
import { rule as lockedOptionals } from '../rules/locked-optionals.ts'
import { manifestOf, scratchWorkspace } from './scratch.ts'

describe('exact-pins', () => {
  const judge = (
    dependencies: Readonly<Record<string, string>>,
    devDependencies: Readonly<Record<string, string>> = {},
  ): unknown =>
    exactPins.workspace?.(
      scratchWorkspace({
        'packages/kms-api/package.json': manifestOf('@keyfold/kms-api', 'type:api', { version: '0.3.1' }),
        'packages/cli/package.json': manifestOf('@keyfold/cli', 'type:cli', { dependencies }),
        'tools/x/package.json': manifestOf('x', 'type:private', { private: true, devDependencies }),
      }),
    )

  test('exact versions, the same everywhere, pass', () => {
    expect(judge({ zod: '4.6.7', '@keyfold/kms-api': '^0.3.1' }, { zod: '4.6.7' })).toEqual([])
  })

  test('a range of our own that a newer version has not left passes', () => {
    expect(judge({ '@keyfold/kms-api': '^0.3.0' })).toEqual([])
  })

  test.each([
    [{ zod: '^4.6.7' }, {}, 'packages/cli/package.json expected an exact version of "zod", got "^4.6.7"'],
    [{ zod: 'latest' }, {}, 'packages/cli/package.json expected an exact version of "zod", got "latest"'],
    [{ zod: '*' }, {}, 'packages/cli/package.json expected an exact version of "zod", got "*"'],
    [{ zod: '4.6.7' }, { zod: '4.6.6' }, 'packages/cli/package.json has "zod" at 4.6.7, tools/x/package.json at 4.6.6'],
    [
      { '@keyfold/kms-api': '^0.2.9' },
      {},
      'packages/cli/package.json expected "@keyfold/kms-api": "^0.3.1", got "^0.2.9"',
    ],
    [
      { '@keyfold/kms-api': '^0.3.2' },
      {},
      'packages/cli/package.json expected "@keyfold/kms-api": "^0.3.1", got "^0.3.2"',
    ],
    [
      { '@keyfold/kms-api': '0.3.1' },
      {},
      'packages/cli/package.json expected "@keyfold/kms-api": "^0.3.1", got "0.3.1"',
    ],
    [
      { '@keyfold/kms-api': 'file:../kms-api' },
      {},
      'packages/cli/package.json expected "@keyfold/kms-api": "^0.3.1", got "file:../kms-api"',
    ],
  ])('%j beside %j is caught', (dependencies, development, message) => {
    expect(judge(dependencies, development)).toContain(message)
  })
})

describe('locked-optionals', () => {
  const judge = (packages: object): unknown =>
    lockedOptionals.workspace?.(scratchWorkspace({ 'package-lock.json': { packages } }))
  const entry = { version: '1.0.0', optionalDependencies: { 'native-linux': '1.0.0', '@native/darwin': '1.0.0' } }

  test('entries at any level of node_modules pass', () => {
    expect(
      judge({
        'node_modules/a': entry,
        'node_modules/native-linux': { version: '1.0.0' },
        'node_modules/a/node_modules/@native/darwin': { version: '1.0.0' },
      }),
    ).toEqual([])
    expect(
      judge({
        'node_modules/@x/a/node_modules/b': entry,
        'node_modules/@x/a/node_modules/native-linux': { version: '1' },
        'node_modules/@native/darwin': { version: '1' },
      }),
    ).toEqual([])
  })

  test('an optional dependency without an entry is caught, and so is one without a version', () => {
    expect(judge({ 'node_modules/a': entry, 'node_modules/native-linux': { version: '1.0.0' } })).toEqual([
      'package-lock.json has no entry for @native/darwin@1.0.0, an optional dependency of node_modules/a',
    ])
    expect(
      judge({ '': entry, 'node_modules/native-linux': {}, 'node_modules/@native/darwin': { version: '1.0.0' } }),
    ).toEqual(['package-lock.json has no entry for native-linux@1.0.0, an optional dependency of the root'])
  })

  test('a missing lockfile is caught', () => {
    expect(lockedOptionals.workspace?.(scratchWorkspace({}))).toEqual(['package-lock.json is missing'])
  })
})

describe('licence-copies', () => {
  const LICENCE = 'Apache License 2.0'
  const manifest = manifestOf('@keyfold/cli', 'type:cli')

  test('the same text passes', () => {
    expect(
      licenceCopies.workspace?.(
        scratchWorkspace({ LICENSE: LICENCE, 'packages/cli/package.json': manifest, 'packages/cli/LICENSE': LICENCE }),
      ),
    ).toEqual([])
  })

  test.each([
    ['a missing copy', { LICENSE: LICENCE }, 'packages/cli/LICENSE expected the text of LICENSE'],
    [
      'another text',
      { LICENSE: LICENCE, 'packages/cli/LICENSE': 'MIT' },
      'packages/cli/LICENSE expected the text of LICENSE',
    ],
    ['another licence at the root', { LICENSE: 'MIT' }, 'LICENSE expected the text of the Apache License 2.0'],
  ])('%s is caught', (_, files, message) => {
    expect(licenceCopies.workspace?.(scratchWorkspace({ 'packages/cli/package.json': manifest, ...files }))).toEqual([
      message,
    ])
  })
})
