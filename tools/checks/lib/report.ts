import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type { Rule, Violations } from './rule.ts'

/** One rule and what it needs to run. */
export interface Judgement {
  readonly rule: Rule
  readonly judge: () => Violations
}

/**
 * Judges one after another, prints each rule with its verdict, and writes the counts to `.results/<target>.json` in `folder`.
 *
 * @returns how many rules failed; one that throws has failed.
 */
export async function report(
  judgements: readonly Judgement[],
  target: string,
  folder: string,
  say: (line: string) => void,
): Promise<number> {
  let failed = 0
  for (const { rule, judge } of judgements) {
    const started = performance.now()
    const violations = await attempt(judge)
    say(
      `${violations.length === 0 ? 'ok  ' : 'FAIL'}  ${rule.name}: ${rule.promise} (${Math.round(performance.now() - started)} ms)`,
    )
    for (const violation of violations) say(`        ${violation.replaceAll('\n', '\n        ')}`)
    if (violations.length > 0) failed += 1
  }
  mkdirSync(path.join(folder, '.results'), { recursive: true })
  writeFileSync(
    path.join(folder, '.results', `${target}.json`),
    JSON.stringify({ numPassedTests: judgements.length - failed, numFailedTests: failed }),
  )
  return failed
}

async function attempt(judge: () => Violations): Promise<readonly string[]> {
  try {
    return await judge()
  } catch (error) {
    return [`the rule could not be judged: ${error instanceof Error ? error.message : String(error)}`]
  }
}
