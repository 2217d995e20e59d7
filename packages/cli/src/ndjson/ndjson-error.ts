/** Where an {@link NdjsonError} was found. */
export interface NdjsonErrorDetails {
  /** `line` (default): about this line alone, the lines behind it can still be read. `stream`: nothing more of the input can be. */
  readonly scope?: 'line' | 'stream' | undefined
  /** From 1; blank lines count. */
  readonly line: number
  /** From 1, in UTF-16 units. Only for text that is not JSON or not UTF-8. */
  readonly column?: number | undefined
  /** JSONPath of the member, such as `$.headers[0].value.base64`; `$` is the line itself. */
  readonly path?: string | undefined
}

/** Input that is not NDJSON records, or a record that no line can hold. Never holds a key, a value or a header's value. */
export class NdjsonError extends Error {
  override readonly name = 'NdjsonError'
  /** `line`: the lines behind it can still be read. `stream`: nothing more of the input can be. */
  readonly scope: 'line' | 'stream'
  /** From 1; blank lines count. */
  readonly line: number
  /** From 1, in UTF-16 units. Only for text that is not JSON or not UTF-8. */
  readonly column?: number | undefined
  /** JSONPath of the member; `$` is the line itself. */
  readonly path: string

  constructor(message: string, details: NdjsonErrorDetails) {
    const column = details.column === undefined ? '' : `, column ${details.column}`
    super(`line ${details.line}${column}: ${message}`)
    this.scope = details.scope ?? 'line'
    this.line = details.line
    this.path = details.path ?? '$'
    if (details.column !== undefined) this.column = details.column
  }
}
