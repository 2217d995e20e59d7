import { describeFailure, type Failure } from '../errors/describe-failure.ts'
import { EXIT_OK, EXIT_REJECTED, type ExitCode } from '../errors/exit-codes.ts'
import type { RunContext } from '../report/run-context.ts'
import { createStats, type RunSummary } from '../report/run-stats.ts'
import { writeSummary } from '../report/write-summary.ts'
import { convert, type ConvertRun, type ConvertSettings } from './convert.ts'

/** Runs `encrypt` or `decrypt`, reports a failure, and prints the summary. */
export async function runConvert(settings: ConvertSettings, context: RunContext): Promise<ExitCode> {
  const run: ConvertRun = { stats: createStats() }
  const failure = await convert(settings, context, run).then(
    () => undefined,
    (error: unknown) => withOutput(describeFailure(error), settings, run),
  )
  const exitCode = failure?.exitCode ?? (run.stats.rejected > 0 ? EXIT_REJECTED : EXIT_OK)
  if (failure !== undefined) context.logger.error({ code: failure.code }, failure.message)
  const summary = sumUp(settings, run, exitCode)
  // If nothing was read, the error is enough; a program still gets its JSON.
  if (context.json || run.started !== undefined) {
    writeSummary(
      failure === undefined ? summary : { ...summary, error: { code: failure.code, message: failure.message } },
      context,
    )
  }
  return exitCode
}

/** An operator must know what an interrupted run has left behind. */
function withOutput(failure: Failure, { output, dryRun }: ConvertSettings, { started, stats }: ConvertRun): Failure {
  if (failure.code !== 'CLI_ABORTED') return failure
  const toFile = output !== undefined && output !== '-'
  const nothing = started === undefined || toFile || dryRun === true || stats.bytesOut === 0
  const rest = nothing ? 'nothing was written' : 'standard output is cut after a whole record'
  return { ...failure, message: `${failure.message}; ${rest}` }
}

function sumUp(
  { command, dryRun }: ConvertSettings,
  { stats, session, started }: ConvertRun,
  exitCode: ExitCode,
): RunSummary {
  const seconds = started === undefined ? 0 : (performance.now() - started) / 1000
  return {
    command,
    exitCode,
    dryRun: dryRun === true,
    ...stats,
    deksGenerated: session?.counter.deksGenerated() ?? 0,
    kmsCalls: session?.counter.calls ?? { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 },
    seconds: Number(seconds.toFixed(3)),
    recordsPerSecond: seconds === 0 ? 0 : Math.round(stats.records / seconds),
  }
}
