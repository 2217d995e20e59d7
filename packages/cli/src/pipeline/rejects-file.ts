import { Buffer, isUtf8 } from 'node:buffer'

import type { Failure } from '../errors/describe-failure.ts'
import type { Output } from '../io/output.ts'

/** The file of `--rejects`. */
export interface RejectsFile {
  /** Keeps a rejected record until {@link RejectsFile.flush}. */
  add(failure: Failure, source: Uint8Array | undefined): void
  /** Writes what was added. */
  flush(): Promise<void>
  /** Writes the rest and makes the file whole, also that of a run that failed. */
  finish(): Promise<void>
}

/*
 * One line a rejected record:
 *
 *   reject = '{"record":' record ',"code":' string ',"message":' string '}'
 *   record = the line as it was read, where it is JSON; else a string of it, or {"base64":"…"} where it is not UTF-8
 */

/** Creates the file of rejected records over an output. A record may be in clear, so the output must be readable for its owner alone. */
export function createRejectsFile(output: Output): RejectsFile {
  let lines: Uint8Array[] = []
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return
    const bytes = Buffer.concat(lines)
    lines = []
    await output.write(bytes)
  }
  return {
    add: ({ code, message }, source = new Uint8Array(0)) => {
      const tail = `,"code":${JSON.stringify(code)},"message":${JSON.stringify(message)}}\n`
      lines.push(Buffer.concat([Buffer.from('{"record":'), asJson(source), Buffer.from(tail)]))
    },
    flush,
    finish: async () => {
      await flush()
      await output.finish()
    },
  }
}

function asJson(source: Uint8Array): Uint8Array {
  if (!isUtf8(source)) return Buffer.from(`{"base64":"${Buffer.from(source).toString('base64')}"}`)
  const text = Buffer.from(source).toString('utf8')
  try {
    JSON.parse(text)
    return source
  } catch {
    return Buffer.from(JSON.stringify(text))
  }
}
