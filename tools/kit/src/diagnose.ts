import path from 'node:path'

import ts from 'typescript'

/** Declarations that no compilation changes: parsed once. */
const parsed = new Map<string, ts.SourceFile>()

/** Compiles files of one folder as strictly as an application can, without writing anything, and gives the errors, one a line. */
export function diagnose(
  files: readonly string[],
  { skipLibCheck }: { readonly skipLibCheck: boolean },
): readonly string[] {
  const options: ts.CompilerOptions = {
    skipLibCheck,
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
  }
  return ts.getPreEmitDiagnostics(ts.createProgram(files, options, hostFor(options))).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')
    if (diagnostic.file === undefined || diagnostic.start === undefined) return text
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
    const source = diagnostic.file.text.split('\n')[line]?.trim() ?? ''
    return `${path.basename(diagnostic.file.fileName)}:${line + 1} ${text} | ${source}`
  })
}

function hostFor(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (name, ...rest) => {
    if (!/\/node_modules\/(?:typescript\/lib|@types\/node|undici-types)\//.test(name)) return read(name, ...rest)
    const file = parsed.get(name) ?? read(name, ...rest)
    if (file !== undefined) parsed.set(name, file)
    return file
  }
  return host
}
