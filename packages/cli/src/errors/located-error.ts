/** An error and the place in the input that it is about: a line, or a topic. */
export class LocatedError extends Error {
  override readonly name = 'LocatedError'
  /** For messages; escaped. */
  readonly place: string
  /** Absent where it is about more than one line. */
  readonly line?: number | undefined
  override readonly cause: Error

  constructor(cause: Error, place: string, line?: number) {
    super(cause.message)
    this.cause = cause
    this.place = place
    if (line !== undefined) this.line = line
  }
}
