import ts from 'typescript'

/** One module specifier in a file, and how it is loaded. */
export interface Import {
  readonly specifier: string
  readonly line: number
  /** Erased when types are stripped. */
  readonly typeOnly: boolean
  /** Names taken from the module, by their names there; `default` and `*` among them. Empty for a bare or dynamic import. */
  readonly names: readonly string[]
}

/** Parses TypeScript or JavaScript without resolving anything. */
export function parse(name: string, text: string): ts.SourceFile {
  return ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true)
}

/** The line of a node, from 1. */
export function lineOf(file: ts.SourceFile, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1
}

/** Visits every node of a file, parents first. */
export function visit(node: ts.Node, onNode: (node: ts.Node) => void): void {
  onNode(node)
  ts.forEachChild(node, (child) => {
    visit(child, onNode)
  })
}

/** Everything that a file imports with a literal specifier: statements, re-exports, `import()`, `import('…')` types, `require()` and `require.resolve()`. */
export function importsOf(name: string, text: string): readonly Import[] {
  const file = parse(name, text)
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean, names: readonly string[]): void => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) {
      found.push({ specifier: specifier.text, line: lineOf(file, specifier), typeOnly, names })
    }
  }
  visit(file, (node) => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause
      const names = clause === undefined ? [] : namesOfClause(clause)
      add(node.moduleSpecifier, clause !== undefined && (isTypeClause(clause) || onlyTypes(clause)), names)
    } else if (ts.isExportDeclaration(node)) {
      const elements =
        node.exportClause !== undefined && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : undefined
      const erased =
        node.isTypeOnly || (elements !== undefined && elements.length > 0 && elements.every((each) => each.isTypeOnly))
      add(
        node.moduleSpecifier,
        erased,
        elements === undefined ? ['*'] : elements.map((each) => (each.propertyName ?? each.name).text),
      )
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true, [])
    } else if (ts.isCallExpression(node) && isLoad(node.expression)) {
      add(node.arguments[0], false, [])
    }
  })
  return found
}

function isLoad(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true
  if (ts.isPropertyAccessExpression(callee))
    return callee.name.text === 'resolve' && callee.expression.getText() === 'require'
  return ts.isIdentifier(callee) && /^(?:__)?require\d*$/.test(callee.text)
}

function isTypeClause(clause: ts.ImportClause): boolean {
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword
}

function onlyTypes(clause: ts.ImportClause): boolean {
  const bindings = clause.namedBindings
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((each) => each.isTypeOnly)
  )
}

function namesOfClause(clause: ts.ImportClause): readonly string[] {
  const names = clause.name === undefined ? [] : ['default']
  const bindings = clause.namedBindings
  if (bindings === undefined) return names
  return ts.isNamespaceImport(bindings)
    ? [...names, '*']
    : [...names, ...bindings.elements.map((each) => (each.propertyName ?? each.name).text)]
}

/** The package that a bare specifier belongs to. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The names that a module exports, for modules that name each one: `default` for a default export. */
export function exportsOf(name: string, text: string): ReadonlySet<string> {
  const names = new Set<string>()
  for (const statement of parse(name, text).statements) {
    if (
      ts.isExportDeclaration(statement) &&
      statement.exportClause !== undefined &&
      ts.isNamedExports(statement.exportClause)
    ) {
      for (const each of statement.exportClause.elements) names.add(each.name.text)
    } else if (ts.isExportAssignment(statement)) {
      names.add('default')
    } else if (ts.canHaveModifiers(statement) && hasExport(statement)) {
      if (ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true)
        names.add('default')
      else for (const declared of declaredNames(statement)) names.add(declared)
    }
  }
  return names
}

function hasExport(node: ts.HasModifiers): boolean {
  return ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true
}

function declaredNames(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map((each) => each.name.getText())
  const named = statement as ts.Statement & { readonly name?: ts.Identifier }
  return named.name === undefined ? [] : [named.name.text]
}
