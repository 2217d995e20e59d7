/** Makes objects with this `prototype` print as `text`: in strings, JSON, `util.inspect` and loggers that use them. */
export function redact(prototype: object, text: string): void {
  for (const name of ['toString', 'toJSON', Symbol.for('nodejs.util.inspect.custom')]) {
    Object.defineProperty(prototype, name, { value: () => text })
  }
}
