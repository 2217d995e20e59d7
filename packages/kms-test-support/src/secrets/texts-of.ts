import { format, inspect } from 'node:util'

/** Returns everything that a log, a report or a debugger would print of a value. */
export function textsOf(value: unknown): readonly string[] {
  const texts = [
    inspect(value, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null, getters: true }),
    format('%s %o', value, value),
  ]
  attempt(texts, () => JSON.stringify(value))
  attempt(texts, () => JSON.stringify(value, Object.getOwnPropertyNames(Object(value))))
  attempt(texts, () => String(value))
  for (let error = value; error instanceof Error; error = error.cause)
    texts.push(error.message, error.stack ?? '', inspect(Object.getOwnPropertyDescriptors(error), { depth: 6 }))
  return texts
}

/** What cannot be printed in one of the ways leaks nothing there. */
function attempt(texts: string[], print: () => unknown): void {
  try {
    const text = print()
    if (typeof text === 'string') texts.push(text)
  } catch {
    return
  }
}
