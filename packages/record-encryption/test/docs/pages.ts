import { readdirSync } from 'node:fs'

const DOCS = new URL('../../../../docs/', import.meta.url)

/** The pages that are tried here: those of the repository, and the READMEs of the packages that they are about. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
    .filter((page) => page.endsWith('.md'))
    .map((page) => `docs/${page.replaceAll('\\', '/')}`)
    .sort(),
  'packages/record-encryption/README.md',
  'packages/kms-api/README.md',
  'packages/kms-inmemory/README.md',
  'packages/config/README.md',
  'packages/cli/README.md',
]
