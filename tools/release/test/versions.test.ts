import { expect, test } from 'vitest'

import type { Manifest } from '../../checks/lib/manifest.ts'
import { expectedVersions } from '../src/versions/expected-versions.ts'
import { bumped, type Bump } from '../src/versions/semantic-version.ts'
import { changesBetween } from '../src/versions/versions-of.ts'

const manifest = (
  name: string,
  version: string,
  dependencies: Readonly<Record<string, string>> = {},
  more: Partial<Manifest> = {},
): Manifest => ({ name, version, dependencies, ...more })

test.each<[string, Bump, string]>([
  ['0.1.4', 'patch', '0.1.5'],
  ['0.1.4', 'minor', '0.2.0'],
  ['0.1.4', 'major', '1.0.0'],
  ['2.3.4', 'minor', '2.4.0'],
])('%s becomes by a %s %s', (version, bump, wanted) => {
  expect(bumped(version, bump)).toBe(wanted)
})

test('a pre-release is refused: nothing here knows what would follow it', () => {
  expect(() => bumped('1.0.0-beta.1', 'patch')).toThrow('"version" expected three numbers, got 1.0.0-beta.1')
})

test('a release that stays in range bumps nothing else', () => {
  const manifests = [manifest('api', '0.1.0'), manifest('aws', '0.1.0', { api: '^0.1.0' })]
  expect([...expectedVersions(manifests, { api: 'patch' })]).toEqual([
    ['api', '0.1.1'],
    ['aws', '0.1.0'],
  ])
})

test('a release that leaves the range bumps what is installed with it, and what is installed with that if its range is left too', () => {
  const manifests = [
    manifest('cli', '3.0.0', { encryption: '^0.0.1' }),
    manifest('encryption', '0.0.1', { api: '^0.1.0' }),
    manifest('tested', '0.1.0', {}, { devDependencies: { api: '^0.1.0' } }),
    manifest('peer', '0.1.0', {}, { peerDependencies: { api: '^0.1.0' } }),
    manifest('api', '0.1.0'),
  ]
  expect(Object.fromEntries(expectedVersions(manifests, { api: 'minor' }))).toEqual({
    cli: '3.0.1',
    encryption: '0.0.2',
    tested: '0.1.0',
    peer: '0.1.1',
    api: '0.2.0',
  })
})

test('a package that is named keeps the bump that it was given', () => {
  const manifests = [manifest('api', '1.0.0'), manifest('aws', '1.0.0', { api: '^1.0.0' })]
  expect(Object.fromEntries(expectedVersions(manifests, { api: 'major', aws: 'minor' }))).toEqual({
    api: '2.0.0',
    aws: '1.1.0',
  })
})

test('changes name the old and the new version, and nothing that stayed', () => {
  expect(
    changesBetween(
      new Map([
        ['api', '1.0.0'],
        ['aws', '1.0.0'],
      ]),
      new Map([
        ['api', '1.0.1'],
        ['aws', '1.0.0'],
        ['new', '0.1.0'],
      ]),
    ),
  ).toEqual(['api 1.0.0 -> 1.0.1', 'new none -> 0.1.0'])
})
