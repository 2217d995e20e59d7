/** A facade or its manifest is wrong. Nothing is said about the provider. */
export class FacadeError extends Error {
  override readonly name = 'FacadeError'

  constructor(problems: readonly string[], cause?: unknown) {
    super(
      `the facade is wrong in ${problems.length} ${problems.length === 1 ? 'place' : 'places'}:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
      cause === undefined ? undefined : { cause },
    )
  }
}
