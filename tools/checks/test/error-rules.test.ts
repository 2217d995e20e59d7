import { describe, expect, test } from 'vitest'

import { rule as errorsDocumented } from '../rules/errors-documented.ts'
import { rule as errorsTested } from '../rules/errors-tested.ts'
import { manifestOf, scratchWorkspace, type Files } from './scratch.ts'

const SOURCES: Files = {
  'packages/kms-api/package.json': manifestOf('@keyfold/kms-api', 'type:api'),
  'packages/kms-api/src/codes.ts': "export type KmsErrorCode = 'KMS_GONE' | 'KMS_SLOW'",
  'packages/kms-api/src/errors.ts': "class Slow extends KmsError { constructor() { super('KMS_SLOW', true, 'slow') } }",
  'packages/kms-api/src/closed-error.ts': "export class ClosedError extends Error { readonly code = 'THING_CLOSED' }",
}
const section = (code: string, retryable: string): string =>
  `### \`${code}\`\n\n**Means:** it.\n\n**Do:** that.\n\n**Retryable:** ${retryable}.\n`
const PAGE = `# Errors\n${section('KMS_GONE', 'no')}${section('KMS_SLOW', 'yes')}${section('THING_CLOSED', 'no')}`

describe('errors-documented', () => {
  const judge = (page: string): unknown =>
    errorsDocumented.workspace?.(scratchWorkspace({ ...SOURCES, 'docs/errors.md': page }))

  test('a whole page passes', () => {
    expect(judge(PAGE)).toEqual([])
  })

  test.each([
    ['a missing page', undefined, 'docs/errors.md is missing'],
    [
      'a missing code of a union',
      PAGE.replace('KMS_GONE', 'KMS GONE'),
      'declares KMS_GONE, which expected one heading',
    ],
    [
      'a missing code of a class',
      PAGE.replace('### `THING_CLOSED`', 'text'),
      'declares THING_CLOSED, which expected one heading',
    ],
    ['a code described twice', PAGE + section('KMS_GONE', 'no'), 'expected one heading in docs/errors.md, got 2'],
    [
      'a heading in a code block',
      PAGE.replace(section('KMS_GONE', 'no'), `\`\`\`\n${section('KMS_GONE', 'no')}\`\`\`\n`),
      'declares KMS_GONE',
    ],
    ['a code that nothing declares', PAGE + section('KMS_OLD', 'no'), 'describes `KMS_OLD`, which nothing declares'],
    [
      'a section that does not say what to do',
      PAGE.replace('**Do:** that.', ''),
      'KMS_GONE expected a line "**Do:** …"',
    ],
    [
      'a retry that the class denies',
      PAGE.replace('**Retryable:** yes', '**Retryable:** no'),
      'KMS_SLOW says "Retryable: no.", its class says true',
    ],
  ])('%s is caught', (_, page, message) => {
    const found = page === undefined ? errorsDocumented.workspace?.(scratchWorkspace(SOURCES)) : judge(page)
    expect(found).toEqual(expect.arrayContaining([expect.stringContaining(message)]))
  })
})

describe('errors-tested', () => {
  const judge = (text: string, path = 'packages/kms-api/test/a.test.ts'): unknown =>
    errorsTested.workspace?.(scratchWorkspace({ ...SOURCES, [path]: text }))
  const ALL = ['THING_CLOSED', 'KMS_GONE', 'KMS_SLOW']
  const EACH = ALL.map((code): unknown => expect.stringContaining(`declares ${code}, which no test expects`))

  test('codes that tests expect pass, also in tables', () => {
    expect(
      judge(`const table = [['KMS_GONE'], ['KMS_SLOW']]\n  expect(error).toMatchObject({ code: 'THING_CLOSED' })`),
    ).toEqual([])
  })

  test.each([
    ['in a comment', ALL.map((code) => `// '${code}'`).join('\n') + '\nexpect(1)'],
    ['in a type', `type X = ${ALL.map((code) => `'${code}'`).join(' | ')}\nexpect(1)`],
    ['in a title', ALL.map((code) => `test('${code}', () => {})`).join('\n') + '\nexpect(1)'],
    ['in a file that expects nothing', ALL.map((code) => `run('${code}')`).join('\n')],
  ])('a code that stands only %s is caught', (_, text) => {
    expect(judge(text)).toEqual(EACH)
  })

  test('a test of sources that is no test file does not count', () => {
    expect(judge(`expect(['KMS_GONE', 'KMS_SLOW', 'THING_CLOSED'])`, 'packages/kms-api/test/helper.ts')).toHaveLength(3)
  })
})
