import { runCli } from './run-cli.ts'
import { watchSignals } from './watch-signals.ts'

/** Runs `keyfold` as the process that it is in. */
export async function main(): Promise<void> {
  const onUnfinished = watchSignals(process)
  const { stdin, stdout, stderr } = process
  // A failure to write there may be told after the run is over; who closes standard error is not told that it is closed.
  stderr.on('error', () => undefined)
  process.exitCode = await runCli(process.argv.slice(2), { stdin, stdout, stderr, cwd: process.cwd(), onUnfinished })
}
