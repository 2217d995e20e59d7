import ts from 'typescript'

import { lineOf, parse, visit } from '../lib/module-text.ts'
import { packedTexts } from '../lib/packed-package.ts'
import type { Rule } from '../lib/rule.ts'

const HOME = 'packages/kms-api/src/discovery/'
const OWNER = '@keyfold/kms-api'

export const rule: Rule = {
  name: 'r6-computed-import',
  promise: 'R6: a computed import() stands in one file, in discovery',
  workspace: (workspace) => {
    const found = workspace
      .files(/^packages\/[^/]+\/src\/.*\.ts$/)
      .flatMap((file) => computedLoads(file.path, file.text).map((line) => ({ file: file.path, line })))
    const elsewhere = found
      .filter(({ file }) => !file.startsWith(HOME))
      .map(({ file, line }) => `${file}:${line} loads a module by a computed name`)
    const homes = [...new Set(found.map(({ file }) => file).filter((file) => file.startsWith(HOME)))]
    return homes.length > 1
      ? [...elsewhere, `more than one file of discovery loads by a computed name: ${homes.join(', ')}`]
      : elsewhere
  },
  tarball: (packed) => {
    const found = packedTexts(packed, /\.[cm]?js$/).flatMap((file) =>
      computedLoads(file.path, file.text).map((line) => `${file.path}:${line} loads a module by a computed name`),
    )
    return packed.manifest.name === OWNER && found.length <= 1 ? [] : found
  },
}

/** The lines of `import(x)` and `require(x)` whose argument is no literal. `require.resolve(x)` loads nothing. */
function computedLoads(name: string, text: string): readonly number[] {
  const file = parse(name, text)
  const lines: number[] = []
  visit(file, (node) => {
    if (!ts.isCallExpression(node)) return
    const callee = node.expression
    const loads =
      callee.kind === ts.SyntaxKind.ImportKeyword ||
      (ts.isIdentifier(callee) && /^(?:__)?require\d*$/.test(callee.text))
    const [argument] = node.arguments
    if (loads && (argument === undefined || !ts.isStringLiteralLike(argument))) lines.push(lineOf(file, node))
  })
  return lines
}
