import { runCli } from './run-cli.ts'
import { watchSignals } from './watch-signals.ts'

/** Runs `keyfold` as the process that it is in. */
export async function main(): Promise<void> {
  const { onUnfinished, signal, exitCode } = watchSignals(process)
  const { stdin, stdout, stderr, env } = process
  // A failure to write there may be reported after the run is over; whoever closes standard error is not told that it is closed.
  stderr.on('error', () => undefined)
  const io = { stdin, stdout, stderr, env, cwd: process.cwd(), signal, onUnfinished }
  const code = await runCli(process.argv.slice(2), io)
  process.exitCode = exitCode() ?? code
}
