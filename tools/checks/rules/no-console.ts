import ts from 'typescript'

import { lineOf, parse, visit } from '../lib/module-text.ts'
import { packedTexts } from '../lib/packed-package.ts'
import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'no-console',
  promise: 'no package writes to the console: what there is to say goes to the logger that the application gave',
  workspace: (workspace) =>
    workspace.files(/^packages\/[^/]+\/src\/.*\.ts$/).flatMap((file) => consoles(file.path, file.text)),
  tarball: (packed) => packedTexts(packed, /\.[cm]?js$/).flatMap((file) => consoles(file.path, file.text)),
}

function consoles(name: string, text: string): readonly string[] {
  const file = parse(name, text)
  const lines: string[] = []
  visit(file, (node) => {
    const named =
      ts.isIdentifier(node) &&
      node.text === 'console' &&
      !ts.isPropertyAssignment(node.parent) &&
      !ts.isPropertySignature(node.parent)
    const imported =
      ts.isStringLiteralLike(node) && /^(?:node:)?console$/.test(node.text) && ts.isImportDeclaration(node.parent)
    if (named || imported) lines.push(`${name}:${lineOf(file, node)} uses the console`)
  })
  return lines
}
