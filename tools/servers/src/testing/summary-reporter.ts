import type { Reporter, TestModule } from 'vitest/node'

/** Ends the output with the line that continuous integration reads. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const passed = tests.filter((test) => test.result().state === 'passed').length
    const failed =
      tests.filter((test) => test.result().state === 'failed').length +
      errors.length +
      modules.filter((module) => module.errors().length > 0).length
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  }
}
