/** An error with its place in the input: a line or a topic. */
export class LocatedError extends Error {
  override readonly name = 'LocatedError'
  /** For messages; escaped. */
  readonly place: string
  /** Absent if it concerns more than one line. */
  readonly line?: number | undefined
  override readonly cause: Error

  constructor(cause: Error, place: string, line?: number) {
    super(cause.message)
    this.cause = cause
    this.place = place
    if (line !== undefined) this.line = line
  }
}
