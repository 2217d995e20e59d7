import { expect, test } from 'vitest'

import { rule } from '../rules/no-machine-paths.ts'
import { scratchWorkspace } from './scratch.ts'

const judge = (text: string): unknown => rule.workspace?.(scratchWorkspace({ 'docs/a.md': text }))

test.each([
  ['/home/somebody/code', '/home/somebody'],
  ['(see /work/main/x)', '/work/main'],
  ['"/Users/somebody"', '/Users/somebody'],
  ['/root/.npmrc', '/root/.npmrc'],
  ['C:\\Users\\somebody', 'C:\\Users'],
  ['registry=https://example.org', 'registry='],
  ['https://registry.example.org/zod', 'https://registry.example.org'],
  ['https://npm-mirror.example.org/x', 'https://npm-mirror.example.org'],
])('%s is caught', (text, name) => {
  expect(judge(`first\n${text}`)).toEqual([`docs/a.md:2 names ${name}`])
})

test('the place of the repository itself is caught', () => {
  const workspace = scratchWorkspace({ 'docs/a.md': '' })
  const text = `x ${workspace.root}/docs`
  const files = (): readonly { path: string; text: string }[] => [{ path: 'docs/a.md', text }]
  expect(rule.workspace?.({ ...workspace, files })).toEqual([`docs/a.md:1 names ${workspace.root}`])
})

test.each([
  'packages/home/x',
  'https://example.org/home/x',
  '{workspaceRoot}/root/x',
  '/etc/keyfold/keyfold.yaml',
  '$HOME/work/x',
  './work/x',
])('%s passes', (text) => {
  expect(judge(text)).toEqual([])
})
