import { readdirSync, readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

const PACKAGES = new URL('../../../', import.meta.url)
/** An ESM bundle keeps imports of built-in modules as they are, below its banner: a name that both declare is a SyntaxError. */
const BANNER_NAME = /import\s*\{[^}]*\bcreateRequire\b(?!\s+as\b)[^}]*\}\s*from\s*'(?:node:)?module'/

const sources = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /^[a-z-]+\/src\/.*\.ts$/.test(path))

describe('bundles with the usual banner for require()', () => {
  it('find no second declaration of createRequire in the packages', () => {
    expect(sources.length).toBeGreaterThan(100)
    expect(sources.filter((path) => BANNER_NAME.test(readFileSync(new URL(path, PACKAGES), 'utf8')))).toEqual([])
  })

  it.each([
    "import { createRequire } from 'node:module'",
    "import { isBuiltin, createRequire } from 'module'",
    "import {\n  createRequire,\n} from 'node:module'",
  ])('would find %j', (text) => {
    expect(BANNER_NAME.test(text)).toBe(true)
  })

  it('would not find a renamed one', () => {
    expect(BANNER_NAME.test("import { createRequire as createNodeRequire } from 'node:module'")).toBe(false)
  })
})
