/** An error and the line of the input that it is about. */
export class LocatedError extends Error {
  override readonly name = 'LocatedError'
  /** The input's name, escaped. */
  readonly input: string
  readonly line: number
  override readonly cause: Error

  constructor(cause: Error, input: string, line: number) {
    super(cause.message)
    this.cause = cause
    this.input = input
    this.line = line
  }
}
