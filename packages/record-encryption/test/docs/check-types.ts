import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import ts from 'typescript'

import type { Block } from './blocks.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Pages that show parts of an example name its files as if they stood beside the page. */
const SHOWN = [
  'docs',
  'docs/guides',
  'examples/kafkajs/src',
  'examples/third-party-provider/src',
  'examples/third-party-provider/test',
]

/**
 * Compiles the blocks in one program, each as a module in the folder of its page, under the settings of this repository.
 *
 * @returns what the compiler says about them, with the page and its line.
 */
export function typeErrorsOf(blocks: readonly Block[]): string[] {
  const texts = new Map(blocks.map((block) => [fileOf(block), block]))
  const options: ts.CompilerOptions = { ...repositoryOptions(), rootDirs: SHOWN.map((folder) => join(ROOT, folder)) }
  const host = ts.createCompilerHost(options)
  const onDisk = { fileExists: host.fileExists.bind(host), readFile: host.readFile.bind(host) }
  host.fileExists = (file) => texts.has(file) || onDisk.fileExists(file)
  host.readFile = (file) => {
    const block = texts.get(file)
    // A block is a module, also when it imports nothing.
    return block === undefined ? onDisk.readFile(file) : `${block.text}\nexport {}\n`
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  return [...texts].flatMap(([file, block]) => {
    const source = program.getSourceFile(file)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((each) =>
      describe(each, block),
    )
  })
}

function fileOf({ at }: Block): string {
  const [page = '', line = ''] = at.split(':')
  return join(ROOT, dirname(page), `${basename(page)}.${line}.ts`)
}

/** The compiler options of this repository. */
export function repositoryOptions(): ts.CompilerOptions {
  const file = join(ROOT, 'tsconfig.base.json')
  const { config } = ts.readConfigFile(file, ts.sys.readFile) as { readonly config: unknown }
  return ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, ROOT).options
}

function describe({ file, start, messageText }: ts.Diagnostic, { at }: Block): string {
  const [page = '', line = '0'] = at.split(':')
  const within = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
  return `${page}:${Number(line) + within} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
}
