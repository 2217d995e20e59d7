import { runCli } from './run-cli.ts'
import { watchSignals } from './watch-signals.ts'

/** Runs `keyfold` in its own process. */
export async function main(): Promise<void> {
  const { onUnfinished, signal, exitCode } = watchSignals(process)
  const { stdin, stdout, stderr, env } = process
  // A failure to write there may be reported after the run; a reader that closed standard error is not told.
  stderr.on('error', () => undefined)
  const io = { stdin, stdout, stderr, env, cwd: process.cwd(), signal, onUnfinished }
  const code = await runCli(process.argv.slice(2), io)
  process.exitCode = exitCode() ?? code
}
