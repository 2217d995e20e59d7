import type { CliIo } from './cli-io.ts'
import { streamOutput } from './stream-output.ts'

/** Writes lines for people or programs to standard output. @throws CliError `CLI_OUTPUT`. */
export async function writeLines(lines: readonly string[], io: CliIo): Promise<void> {
  const output = streamOutput(io.stdout, 'stdout')
  await output.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join('')))
  await output.finish()
}
