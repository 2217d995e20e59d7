import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** A compiler or npm can print pages. */
const MAX_TEXT = 4000

/** Returns what breaks a promise, one line each; nothing if it holds. */
export type Judge = () => readonly string[] | Promise<readonly string[]>

/** Collects results as they are reached, and prints each on a line of its own. */
export class Report {
  readonly #say: (line: string) => void
  #passed = 0
  #failed = 0

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  /** Prints a line that is not a result. */
  say(line = ''): void {
    this.#say(line)
  }

  /**
   * Checks one promise. A judge that throws has failed.
   *
   * @returns whether the promise holds.
   */
  async check(promise: string, judge: Judge): Promise<boolean> {
    const started = performance.now()
    const violations = await Promise.resolve()
      .then(judge)
      .catch((error: unknown) => [error instanceof Error ? error.message : String(error)])
    const holds = violations.length === 0
    if (holds) this.#passed += 1
    else this.#failed += 1
    this.#say(`${holds ? 'ok  ' : 'FAIL'}  ${promise} (${Math.round(performance.now() - started)} ms)`)
    for (const violation of violations)
      this.#say(`        ${violation.trimEnd().slice(0, MAX_TEXT).replaceAll('\n', '\n        ')}`)
    return holds
  }

  /**
   * Does work that later parts need.
   *
   * @throws {@link StepError} if it fails, because nothing after it can be checked.
   */
  async step<T>(promise: string, work: () => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined
    await this.check(promise, async () => {
      result = { value: await work() }
      return []
    })
    if (result === undefined) throw new StepError(promise)
    return result.value
  }

  /** Runs all of `work` and prints the last line, also when a step of it fails. Returns the exit code. */
  async run(work: () => Promise<void>): Promise<number> {
    const started = performance.now()
    await work().catch((error: unknown) => {
      if (!(error instanceof StepError))
        return this.check('the run reaches its end', () => {
          throw error
        })
    })
    this.#say(`\n${Math.round((performance.now() - started) / 1000)} s`)
    this.#say(`\n${this.#passed} passed, ${this.#failed} failed`)
    return this.exitCode
  }

  get exitCode(): number {
    return this.#failed === 0 ? 0 : 1
  }

  /** Writes the counts where `npm test` reads them. */
  write(folder: string, target: string): void {
    mkdirSync(path.join(folder, '.results'), { recursive: true })
    const counts = { numPassedTests: this.#passed, numFailedTests: this.#failed }
    writeFileSync(path.join(folder, '.results', `${target}.json`), JSON.stringify(counts))
  }
}

/** Ends a run after a step that failed; the report has printed why. */
export class StepError extends Error {}
