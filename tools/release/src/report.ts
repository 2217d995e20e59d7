/** What a compiler or npm says can be pages. */
const LONGEST = 4000

/** Collects verdicts as they are reached and prints each on a line of its own. */
export class Report {
  readonly #say: (line: string) => void
  #passed = 0
  #failed = 0

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  /** Prints a line that is no verdict. */
  say(line = ''): void {
    this.#say(line)
  }

  /** Starts a part of the run. */
  heading(text: string): void {
    this.#say(`\n${text}`)
  }

  /**
   * Judges one promise: it holds when `judge` gives no violations. One that throws is broken.
   *
   * @returns whether the promise holds.
   */
  async check(promise: string, judge: () => readonly string[] | Promise<readonly string[]>): Promise<boolean> {
    const started = performance.now()
    const violations = await attempt(judge)
    const holds = violations.length === 0
    if (holds) this.#passed += 1
    else this.#failed += 1
    this.#say(`${holds ? 'ok  ' : 'FAIL'}  ${promise} (${Math.round(performance.now() - started)} ms)`)
    for (const violation of violations)
      this.#say(`        ${violation.trimEnd().slice(0, LONGEST).replaceAll('\n', '\n        ')}`)
    return holds
  }

  /**
   * Does work that later parts need: a failure is one verdict, and ends the run by throwing.
   *
   * @throws what `work` throws.
   */
  async step<T>(promise: string, work: () => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined
    const done = await this.check(promise, async () => {
      result = { value: await work() }
      return []
    })
    if (!done || result === undefined) throw new StepError(promise)
    return result.value
  }

  /** Prints the last line and gives the exit code. */
  end(): number {
    this.#say(`\n${this.#passed} passed, ${this.#failed} failed`)
    return this.#failed === 0 ? 0 : 1
  }
}

/** A step failed, and what comes after it cannot be judged. The report has said why. */
export class StepError extends Error {}

async function attempt(judge: () => readonly string[] | Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await judge()
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
