import ts from 'typescript'

import { errorCodesOf } from '../lib/error-codes.ts'
import { parse, visit } from '../lib/module-text.ts'
import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'errors-tested',
  reads: 'code',
  promise: 'every error code is expected by a test',
  workspace: (workspace) => {
    const expected = new Set(
      workspace.files(/^packages\/[^/]+\/test\/.*\.test\.ts$/).flatMap((file) => expectedIn(file.path, file.text)),
    )
    return errorCodesOf(workspace).flatMap(({ code, place }) =>
      expected.has(code) ? [] : [`${place} declares ${code}, which no test expects`],
    )
  },
}

/** The strings of a test file that are values of its code: not its types, comments, titles or imports. None when the file expects nothing. */
function expectedIn(name: string, text: string): readonly string[] {
  const strings: string[] = []
  const file = parse(name, text)
  if (!/^\s*(?:await )?(?:expect|assert)\b/m.test(text)) return []
  visit(file, (node) => {
    if (
      ts.isStringLiteralLike(node) &&
      !ts.isLiteralTypeNode(node.parent) &&
      !ts.isImportDeclaration(node.parent) &&
      !isTitle(node)
    )
      strings.push(node.text)
    // The keys of a table of codes.
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) strings.push(node.name.text)
    if (ts.isTemplateExpression(node) || ts.isTaggedTemplateExpression(node))
      strings.push(...(node.getText(file).match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []))
  })
  return strings
}

function isTitle(node: ts.StringLiteralLike): boolean {
  const call = node.parent
  return (
    ts.isCallExpression(call) && call.arguments[0] === node && /^(?:test|it|describe)\b/.test(call.expression.getText())
  )
}
