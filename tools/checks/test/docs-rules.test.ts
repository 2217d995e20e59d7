import { describe, expect, test } from 'vitest'

import { rule as docsImports } from '../rules/docs-imports.ts'
import { rule as docsLinks } from '../rules/docs-links.ts'
import { rule as docsTests } from '../rules/docs-tests.ts'
import { manifestOf, scratchWorkspace } from './scratch.ts'

describe('docs-imports', () => {
  const conditions = { '@keyfold/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }
  const exports = { '.': conditions, './provider': { ...conditions, '@keyfold/source': './src/provider.ts' } }
  const judge = (code: string, language = 'ts'): unknown =>
    docsImports.workspace?.(
      scratchWorkspace({
        'packages/kms-api/package.json': manifestOf('@keyfold/kms-api', 'type:api', { exports }),
        'packages/kms-api/src/index.ts':
          "export { sameKek } from './a.ts'\nexport type { Kek } from './a.ts'\nexport const two = 2, three = 3\nexport function four() {}",
        'packages/kms-api/src/provider.ts': 'export default {}',
        'README.md': `# Title\n\n\`\`\`${language}\n${code}\n\`\`\`\n`,
      }),
    )

  test.each([
    "import { sameKek, type Kek, two, three, four } from '@keyfold/kms-api'",
    "import provider from '@keyfold/kms-api/provider'",
    "const { default: provider } = await import('@keyfold/kms-api/provider')",
    "import { kafka } from 'kafkajs'",
  ])('%s passes', (code) => {
    expect(judge(code)).toEqual([])
  })

  test.each([
    [
      "import { x } from '@keyfold/kms-nowhere'",
      'README.md:4 imports "@keyfold/kms-nowhere", and there is no package @keyfold/kms-nowhere',
    ],
    [
      "import { sameKek } from '@keyfold/kms-api/nowhere'",
      'README.md:4 imports "@keyfold/kms-api/nowhere", which @keyfold/kms-api does not export',
    ],
    [
      "import type { Dek } from '@keyfold/kms-api'",
      'README.md:4 imports Dek from "@keyfold/kms-api", which has no such export',
    ],
    [
      "import api from '@keyfold/kms-api'",
      'README.md:4 imports default from "@keyfold/kms-api", which has no such export',
    ],
    [
      "await import('@keyfold/kms-api/nowhere')",
      'README.md:4 imports "@keyfold/kms-api/nowhere", which @keyfold/kms-api does not export',
    ],
  ])('%s is caught', (code, message) => {
    expect(judge(code)).toEqual([message])
    expect(judge(code, 'sh')).toEqual([])
  })
})

describe('docs-links', () => {
  const judge = (text: string): unknown =>
    docsLinks.workspace?.(scratchWorkspace({ 'docs/a.md': text, 'docs/b.md': '# One `two` (three)\n', 'src/c.ts': '' }))

  test.each([
    '[b](b.md)',
    '[c](../src/c.ts)',
    '[b](b.md#one-two-three)',
    '[x](https://example.org/x)',
    '`[x](nowhere.md)`',
    '```\n[x](nowhere.md)\n```',
  ])('%s passes', (text) => {
    expect(judge(text)).toEqual([])
  })

  test.each([
    ['[x](nowhere.md)', 'docs/a.md:1 links to "nowhere.md", which does not exist'],
    ['[x](../../outside.md)', 'docs/a.md:1 links to "../../outside.md", which does not exist'],
    ['\n[b](b.md#four)', 'docs/a.md:2 links to "b.md#four", and docs/b.md has no such heading'],
    ['[a](#nothing)', 'docs/a.md:1 links to "#nothing", and docs/a.md has no such heading'],
  ])('%s is caught', (text, message) => {
    expect(judge(text)).toEqual([message])
  })
})

describe('docs-tests', () => {
  const judge = (text: string): unknown =>
    docsTests.workspace?.(
      scratchWorkspace({
        'docs/a.md': text,
        'src/c.test.ts': "it('holds what the user\\'s page says', () => {})",
        'src/d.ts': "it('holds', () => {})",
      }),
    )

  test.each([
    '[test](../src/c.test.ts) "holds what the user\'s page says"',
    '[test](../src/c.test.ts) "page says"',
    '[c](../src/c.test.ts)',
    '```\n[test](nowhere.ts)\n```',
  ])('%s passes', (text) => {
    expect(judge(text)).toEqual([])
  })

  test.each([
    [
      '\n[test](../src/c.test.ts) "never holds"',
      'docs/a.md:2 names the test "never holds", which src/c.test.ts does not have',
    ],
    ['[test](../src/d.ts) "holds"', 'docs/a.md:1 names a test in src/d.ts, which is no file of tests'],
    [
      '[test](../src/c.test.ts), "holds"',
      'docs/a.md:1 links to a test in src/c.test.ts and expected its title in quotes behind the link',
    ],
  ])('%s is caught', (text, message) => {
    expect(judge(text)).toEqual([message])
  })
})
