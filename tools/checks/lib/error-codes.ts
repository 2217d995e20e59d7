import ts from 'typescript'

import type { Workspace } from '@keyfold/kit/workspace'

import { lineOf, parse, visit } from './module-text.ts'

/** A stable code that an error of a package can carry. */
export interface ErrorCode {
  readonly code: string
  /** The file and line that declare it. */
  readonly place: string
  /** Whether its class says that the same call may succeed later; undefined where the class does not know. */
  readonly retryable: boolean | undefined
}

const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/

/**
 * Reads every code from the sources of published packages: the members of exported unions named `…ErrorCode`, and the literal `code` of classes of errors.
 * Whether it is retryable comes from `super('CODE', true, …)`.
 */
export function errorCodesOf(workspace: Workspace): readonly ErrorCode[] {
  const places = new Map<string, string>()
  const retryable = new Map<string, boolean>()
  const folders = workspace.published.map(({ folder }) => `${folder}/src/`)
  for (const { path, text } of workspace.files(/\.ts$/)) {
    if (!folders.some((folder) => path.startsWith(folder))) continue
    const file = parse(path, text)
    visit(file, (node) => {
      for (const literal of codeLiterals(node))
        if (CODE.test(literal.text) && !places.has(literal.text))
          places.set(literal.text, `${path}:${lineOf(file, literal)}`)
      const raised = raisedAs(node)
      if (raised !== undefined) retryable.set(raised.code, raised.retryable)
    })
  }
  return [...places].map(([code, place]) => ({ code, place, retryable: retryable.get(code) }))
}

function codeLiterals(node: ts.Node): readonly ts.StringLiteral[] {
  if (ts.isTypeAliasDeclaration(node) && node.name.text.endsWith('ErrorCode')) {
    const members = ts.isUnionTypeNode(node.type) ? node.type.types : [node.type]
    return members.flatMap((each) =>
      ts.isLiteralTypeNode(each) && ts.isStringLiteral(each.literal) ? [each.literal] : [],
    )
  }
  const isCode =
    ts.isPropertyDeclaration(node) &&
    node.name.getText() === 'code' &&
    node.parent.name?.text.endsWith('Error') === true
  return isCode && node.initializer !== undefined && ts.isStringLiteral(node.initializer) ? [node.initializer] : []
}

function raisedAs(node: ts.Node): { readonly code: string; readonly retryable: boolean } | undefined {
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.SuperKeyword) return undefined
  const [code, flag] = node.arguments
  if (code === undefined || flag === undefined || !ts.isStringLiteral(code)) return undefined
  if (flag.kind !== ts.SyntaxKind.TrueKeyword && flag.kind !== ts.SyntaxKind.FalseKeyword) return undefined
  return { code: code.text, retryable: flag.kind === ts.SyntaxKind.TrueKeyword }
}
