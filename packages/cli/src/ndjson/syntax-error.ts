import { Buffer } from 'node:buffer'

import { printParseErrorCode, visit } from 'jsonc-parser'

import { NdjsonError } from './ndjson-error.ts'

const STRICT = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false }

/** Explains why `JSON.parse` rejected a line. Its own message would quote the line. */
export function syntaxError(text: string, line: number): NdjsonError {
  if (text.startsWith('\ufeff')) {
    return new NdjsonError('"$" expected a JSON object, got a byte order mark; it may only start the input', {
      line,
      column: 1,
    })
  }
  let first: { readonly offset: number; readonly problem: string } | undefined
  // Recursive, but the nesting of the line is bounded by now.
  visit(text, { onError: (code, offset) => (first ??= { offset, problem: printParseErrorCode(code) }) }, STRICT)
  // "CommaExpected" becomes "comma expected".
  const problem =
    first === undefined ? '' : ` (${first.problem.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).trim()})`
  return new NdjsonError(`"$" expected one JSON object, got text that is not JSON${problem}`, {
    line,
    column: first === undefined ? undefined : first.offset + 1,
  })
}

/** Says where the bytes of a line stop being UTF-8. */
export function encodingError(bytes: Buffer, line: number): NdjsonError {
  const text = bytes.toString('utf8')
  const back = Buffer.from(text, 'utf8')
  let at = 0
  while (at < bytes.length && bytes[at] === back[at]) at++
  return new NdjsonError('"$" expected UTF-8, got other bytes; write binary data as {"base64":"…"}', {
    line,
    column: bytes.toString('utf8', 0, at).length + 1,
  })
}
