import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { inspect } from 'node:util'

const ROOT = new URL('../../../../', import.meta.url)

/** A fenced block of a page. */
export interface Block {
  /** Page and line. */
  readonly at: string
  readonly text: string
}

/** The fenced blocks of one language. @param page - relative to the repository. */
export function blocksOf(page: string, language: string): Block[] {
  const markdown = readFileSync(new URL(page, ROOT), 'utf8')
  return [...markdown.matchAll(new RegExp(String.raw`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ({ index, 1: text }) => ({
      at: `${page}:${markdown.slice(0, index).split('\n').length}`,
      text: text as string,
    }),
  )
}

/** What an example says that it prints: the comments behind `console.log`. */
export function promisedBy({ text }: Block): string[] {
  return [...text.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, comment]) => comment as string)
}

/** Runs an example with the modules that it imports, and gives what it prints. */
export async function run({ text }: Block, modules: Readonly<Record<string, object>>): Promise<string[]> {
  const printed: string[] = []
  const console = {
    log: (...parts: unknown[]) =>
      printed.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' ')),
  }
  const script = stripTypeScriptTypes(text).replaceAll(
    /^import (\{[^}]*\}) from ('[^']*')$/gm,
    'const $1 = modules[$2]',
  )
  // The repository's own documentation, in its own test.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const program = new Function('modules', 'console', `return (async () => {${script}})()`) as (
    ...args: object[]
  ) => Promise<void>
  await program(modules, console)
  return printed
}
