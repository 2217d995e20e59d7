import { Buffer } from 'node:buffer'
import { Readable, Writable } from 'node:stream'

import { runCli } from '@keyfold/cli'

/** What one run of `keyfold` gave. */
export interface Run {
  readonly code: number
  readonly stdout: string
  /** Its log lines, without the summary. */
  readonly log: string
  readonly summary: Record<string, unknown> | undefined
}

/** Runs the command line in this process and catches what it prints. */
export async function keyfold(cwd: string, ...argv: string[]): Promise<Run> {
  const out = collect()
  const err = collect()
  const code = await runCli(argv, { stdin: Readable.from([]), stdout: out.stream, stderr: err.stream, cwd })
  const lines = err.text().trimEnd().split('\n')
  const last = lines.at(-1) ?? ''
  const isSummary = argv.includes('--json') && last.startsWith('{"command"')
  return {
    code,
    stdout: out.text(),
    log: lines.slice(0, isSummary ? -1 : undefined).join('\n'),
    summary: isSummary ? (JSON.parse(last) as Record<string, unknown>) : undefined,
  }
}

function collect(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk))
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}
