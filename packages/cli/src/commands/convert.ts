import { loadConfig, type LoadedConfig } from '@keyfold/config/tooling'

import { CliError } from '../errors/cli-error.ts'
import { openInput, type Input } from '../io/input.ts'
import { openOutput } from '../io/open-output.ts'
import { noOutput, type Output } from '../io/output.ts'
import { openCountedSession, type CountedSession } from '../kms/open-counted-session.ts'
import type { ValueMode } from '../ndjson/index.ts'
import { convertInputs } from '../pipeline/convert-inputs.ts'
import { decryptErrorPolicy } from '../pipeline/decrypt-topic.ts'
import { createRejectionPolicy, type OnError, type RejectionPolicy } from '../pipeline/refusals.ts'
import { createProgress } from '../report/progress.ts'
import type { RunContext } from '../report/run-context.ts'
import type { RunStats } from '../report/run-stats.ts'

/** `encrypt` and `decrypt`, as the command line gives them. */
export interface ConvertSettings {
  readonly command: 'encrypt' | 'decrypt'
  readonly files: readonly string[]
  readonly config: string
  readonly topic?: string | undefined
  readonly maxLine: number
  readonly requireEndRecord?: boolean | undefined
  readonly output?: string | undefined
  readonly value: ValueMode
  readonly onError?: OnError | undefined
  readonly endRecord?: boolean | undefined
  readonly dryRun?: boolean | undefined
  readonly progress: boolean
}

/** What a run tells while it goes on, so that one that fails can be summed up as well. */
export interface ConvertRun {
  readonly stats: RunStats
  session?: CountedSession
  /** When reading began, by `performance.now()`. */
  started?: number
}

/** Encrypts or decrypts all records of the inputs. Fills in `run` as it goes on. */
export async function convert(settings: ConvertSettings, context: RunContext, run: ConvertRun): Promise<void> {
  const { io, logger } = context
  const config = await loadConfig(settings.config, io.cwd)
  const policy = createRejectionPolicy(chooseOnError(settings, config), run.stats, logger)
  const inputs: Input[] = []
  let output: Output | undefined
  try {
    for (const file of settings.files.length === 0 ? ['-'] : settings.files) inputs.push(await openInput(file, io))
    if (settings.command === 'decrypt' && settings.topic === undefined) {
      logger.warn(
        'records are decrypted under the topic as claimed by the file; --topic <name> says where they were read',
      )
    }
    run.session = await openCountedSession(config, { onDecryptError: decryptErrorPolicy(policy), logger })
    output = settings.dryRun === true ? noOutput : await openOutput(settings.output, io)
    run.started = performance.now()
    await convertAll(inputs, output, run.session, settings, policy, context, run.stats)
  } finally {
    for (const input of inputs) input.close()
    await output?.discard()
    await run.session?.close()
  }
}

async function convertAll(
  inputs: readonly Input[],
  output: Output,
  session: CountedSession,
  settings: ConvertSettings,
  policy: RejectionPolicy,
  { terminal, logger, json, io }: RunContext,
  stats: RunStats,
): Promise<void> {
  const progress = createProgress({
    command: settings.command,
    terminal,
    logger,
    bar: settings.progress && !json,
    totalBytes: totalSize(inputs),
    now: () => performance.now(),
  })
  try {
    await convertInputs(inputs, output, {
      command: settings.command,
      encryption: session.encryption,
      policy,
      topic: settings.topic,
      maxLineBytes: settings.maxLine,
      requireEndRecord: settings.requireEndRecord === true,
      endRecord: settings.endRecord === true,
      valueMode: settings.value,
      stats,
      signal: io.signal,
      onBatch: () => {
        progress.update(stats)
      },
    })
  } finally {
    progress.end()
  }
}

function chooseOnError({ command, onError, value }: ConvertSettings, { document }: LoadedConfig): OnError {
  if (command === 'encrypt') return onError ?? 'throw'
  const chosen = onError ?? document.encryption.onDecryptError ?? 'throw'
  if (chosen === 'raw' && value === 'json') {
    throw new CliError('CLI_USAGE', '"--on-error raw" expected "--value data": an encrypted value is no JSON text')
  }
  return chosen
}

/** The size of all inputs, unless one does not know its own. */
function totalSize(inputs: readonly Input[]): number | undefined {
  const sizes = inputs.flatMap(({ size }) => size ?? [])
  return sizes.length === inputs.length ? sizes.reduce((sum, size) => sum + size, 0) : undefined
}
