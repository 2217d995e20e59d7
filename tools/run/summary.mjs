import { readFileSync } from 'node:fs'

import { inRoot } from './root.mjs'

/** What a target counts, for those that write `.results/<target>.json`; the others count as one. */
function kindOf(target) {
  if (target === 'test') return 'tests'
  if (target === 'test:servers') return 'tests against servers'
  if (target === 'pack-check') return 'rules on tarballs'
  return target.startsWith('check-') && target !== 'check-format' ? 'rules' : undefined
}

/**
 * Counts what passed and failed: each test, each rule, and each build, type-check and lint as one. A target that failed counts at least one failure,
 * whatever its file says, and one that could not start counts as failed.
 */
export function summarise(tasks) {
  const kinds = new Map()
  const add = (kind, passed, failed, skipped = 0) => {
    const sum = kinds.get(kind) ?? { passed: 0, failed: 0, skipped: 0 }
    kinds.set(kind, { passed: sum.passed + passed, failed: sum.failed + failed, skipped: sum.skipped + skipped })
  }
  for (const task of tasks) {
    const kind = kindOf(task.target)
    const ok = task.code === 0
    if (kind === undefined) {
      add('builds, type-checks, lints and formats', ok ? 1 : 0, ok ? 0 : 1)
      continue
    }
    const counted = task.code === undefined ? undefined : read(task)
    if (counted === undefined) add(kind, 0, 1)
    else add(kind, counted.passed, ok ? counted.failed : Math.max(1, counted.failed), counted.skipped)
  }
  const sums = [...kinds.values()]
  const total = (name) => sums.reduce((sum, kind) => sum + kind[name], 0)
  return { kinds, passed: total('passed'), failed: total('failed') }
}

function read({ folder, target }) {
  try {
    const result = JSON.parse(readFileSync(inRoot(folder, '.results', `${target.replace(':', '-')}.json`), 'utf8'))
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests,
      skipped: (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0),
    }
  } catch {
    return undefined
  }
}
