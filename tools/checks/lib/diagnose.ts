import path from 'node:path'

import ts from 'typescript'

/** Compiles files of one folder as strictly as an application can, without writing anything, and gives the errors, one a line. */
export function diagnose(files: readonly string[], options: Pick<ts.CompilerOptions, 'skipLibCheck'>): readonly string[] {
  const program = ts.createProgram(files, {
    ...options,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    typeRoots: [path.join(path.dirname(files[0] ?? ''), 'node_modules', '@types')],
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
