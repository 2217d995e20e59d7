import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { blocksOf, type Block } from './blocks.ts'
import { typeErrorsOf } from './check-types.ts'
import { PAGES } from './pages.ts'

/** Clients that are not installed here; the page says that their recipes are not compiled. */
const FOREIGN = /from '(?:@platformatic\/kafka|@confluentinc\/kafka-javascript)'/

const blocks = PAGES.flatMap((page) => blocksOf(page, 'ts'))
const at = (place: string, text: string): Block => ({ at: place, text })

/** The file of the repository that a block says it shows, by a comment in its first line. */
const shown = blocks.flatMap(({ at: place, text }) => {
  const [, path, code] = /^\/\/ ((?:examples|packages)\/\S+)\n([^]*)$/.exec(text) ?? []
  return path === undefined || code === undefined ? [] : [{ place, path, code }]
})
const contentOf = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')

describe('TypeScript that the documentation shows', () => {
  it('compiles under the settings of this repository', () => {
    const ours = blocks.filter(({ text }) => !FOREIGN.test(text))
    expect([ours.length >= 18, blocks.length - ours.length]).toEqual([true, 2])
    expect(typeErrorsOf(ours)).toEqual([])
  })

  it('would not compile with a value that may be null, an element that may be missing, or a name that does not exist', () => {
    const sealed =
      "import type { RecordEncryption } from '@keyfold/record-encryption'\ndeclare const e: RecordEncryption\nconst s = await e.decrypt('t', [])\n"
    const wrong = [
      at('README.md:1', `${sealed}for (const { value } of s) new Uint8Array(value)\n`),
      at('docs/a.md:10', `${sealed}console.log(s[0].keyfold)\n`),
      at('docs/b.md:20', "import { nothing } from '@keyfold/kms-api'\nnothing()\n"),
    ]
    expect(typeErrorsOf(wrong)).toEqual([
      expect.stringMatching(/^README\.md:5 .*null/),
      expect.stringMatching(/^docs\/a\.md:14 .*undefined/),
      expect.stringMatching(/^docs\/b\.md:21 .*nothing/),
    ])
  })

  it.each(shown)('$place is the file $path', ({ path, code }) => {
    expect(code).toBe(contentOf(path))
  })

  it('shows the service on kafkajs and the quick start as the examples have them', () => {
    expect(shown.map(({ path }) => path)).toContain('examples/kafkajs/src/payments.ts')
    expect(blocksOf('README.md', 'ts')[0]?.text).toBe(contentOf('examples/quickstart/main.ts'))
  })
})
