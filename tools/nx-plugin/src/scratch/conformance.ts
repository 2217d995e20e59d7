import { readFile } from 'node:fs/promises'
import path from 'node:path'

import { run } from '@keyfold/kit/run'

/** What a run of a provider's tests gave. */
export interface Conformance {
  readonly ms: number
  /** Titles of clauses. */
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  /** Of the failed ones, those whose message says nothing about what to write. */
  readonly unexplained: readonly string[]
  /** What the author is told to write, each once. */
  readonly instructions: readonly string[]
  /** The tests beside the suite: `passed …` or `failed …`. */
  readonly otherTests: readonly string[]
}

interface Results {
  readonly testResults: readonly {
    readonly name: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

const INSTRUCTION = /NotWritten: (.+? is not written yet: [^\n]+)/g

/** Runs a provider's tests as its author does. */
export async function conformance(root: string, folder: string): Promise<Conformance> {
  const started = performance.now()
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const { stdout, stderr } = await run(process.execPath, [vitest, 'run'], { cwd: folder })
  const ms = performance.now() - started
  const { testResults } = JSON.parse(await readFile(path.join(folder, '.results', 'test.json'), 'utf8')) as Results
  const isSuite = (name: string): boolean => /(?:conformance|faults)\.test\.ts$/.test(name)
  const clauses = testResults.filter(({ name }) => isSuite(name)).flatMap((file) => file.assertionResults)
  const others = testResults.filter(({ name }) => !isSuite(name))
  const failed = clauses.filter(({ status }) => status !== 'passed')
  // The reporter prints causes; its JSON does not hold them.
  const said = printedByTest(`${stdout}\n${stderr}`)
  return {
    ms,
    passed: clauses.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
    failed: failed.map(
      ({ fullName, failureMessages = [] }) => `${fullName}: ${(failureMessages[0] ?? '').split('\n')[0] ?? ''}`,
    ),
    unexplained: failed
      .filter(({ fullName }) => !said.some((text) => text.includes(lastPart(fullName)) && text.includes('NotWritten')))
      .map(({ fullName }) => fullName),
    instructions: [...new Set([...`${stdout}\n${stderr}`.matchAll(INSTRUCTION)].map(([, text = '']) => text))].sort(),
    otherTests: others.flatMap(({ name, message = '', assertionResults }) =>
      assertionResults.length === 0
        ? [`failed ${path.basename(name)}: ${message}`]
        : assertionResults.map(({ fullName, status }) => `${status} ${fullName}`),
    ),
  }
}

/** What Vitest prints below each ` FAIL `. Failures with one error share it: all but the last of them have a heading only. */
function printedByTest(output: string): readonly string[] {
  const texts = output.split(/^ FAIL /m).slice(1)
  let shared = ''
  return texts.reverse().map((text) => {
    if (/\n[^\n]*Error: /.test(text)) shared = text
    return `${text}${shared}`
  })
}

/** The id and first words of a clause: enough to find it where lines are not broken. */
function lastPart(fullName: string): string {
  return /[CF]\d+ \S+ \S+/.exec(fullName)?.[0] ?? fullName
}
