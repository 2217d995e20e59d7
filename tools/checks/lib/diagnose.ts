import path from 'node:path'

import ts from 'typescript'

/** Compiles one file as strictly as an application can, without writing anything, and gives the errors, one a line. */
export function diagnose(main: string, options: Pick<ts.CompilerOptions, 'skipLibCheck'>): readonly string[] {
  const program = ts.createProgram([main], {
    ...options,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    typeRoots: [path.join(path.dirname(main), 'node_modules', '@types')],
    noEmit: true,
  })
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')
    if (diagnostic.file === undefined || diagnostic.start === undefined) return text
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
    const source = diagnostic.file.text.split('\n')[line]?.trim() ?? ''
    return `${path.basename(diagnostic.file.fileName)}:${line + 1} ${text} | ${source}`
  })
}
