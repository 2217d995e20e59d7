import ts from 'typescript'

/** A module that assigns every exported type of one copy to the same type of another, both ways. */
export interface AssignabilityFixture {
  readonly text: string
  /** How many types it compares. */
  readonly types: number
}

/** Writes the module for one entry by its declarations. Type parameters without a default are given their constraint, or `unknown`. */
export function assignabilityFixture(
  declarations: string,
  firstCopy: string,
  secondCopy: string,
): AssignabilityFixture {
  const program = ts.createProgram([declarations], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(declarations)
  const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source)
  const exported = symbol === undefined ? [] : checker.getExportsOfModule(symbol)
  const types = exported.flatMap((each) => {
    const target = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each
    return target.flags & ts.SymbolFlags.Type ? [`${each.name}${typeArguments(target)}`] : []
  })
  const values = exported.flatMap((each) => {
    const target = each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each
    return target.flags & ts.SymbolFlags.Value ? [`typeof First.${each.name}`] : []
  })
  const both = [...types.map((type) => `First.${type}`), ...values].flatMap((first, index) => {
    const second = first.replace('First.', 'Second.')
    return [
      `export const there${index}: ${second} = null as unknown as ${first}`,
      `export const back${index}: ${first} = null as unknown as ${second}`,
    ]
  })
  const imports = [`import type * as First from '${firstCopy}'`, `import type * as Second from '${secondCopy}'`, '']
  return { text: [...imports, ...both, ''].join('\n'), types: types.length }
}

function typeArguments(symbol: ts.Symbol): string {
  const declaration = symbol.declarations?.find(
    (each) => ts.isInterfaceDeclaration(each) || ts.isTypeAliasDeclaration(each) || ts.isClassDeclaration(each),
  )
  const required = declaration?.typeParameters?.filter((parameter) => parameter.default === undefined) ?? []
  return required.length === 0
    ? ''
    : `<${required.map(({ constraint }) => constraint?.getText() ?? 'unknown').join(', ')}>`
}
