import { formatPath } from '@keyfold/kms-api'

/** Reports options that cannot be read as plain data. */
export class NotPlainError extends TypeError {
  readonly #path: readonly PropertyKey[]
  readonly #problem: string

  constructor(path: readonly PropertyKey[], problem: string, options?: ErrorOptions) {
    super(`"${formatPath(path) || 'options'}" ${problem}`, options)
    this.#path = path
    this.#problem = problem
  }

  get path(): readonly PropertyKey[] {
    return this.#path
  }

  /** The problem, without the path. */
  get problem(): string {
    return this.#problem
  }
}
