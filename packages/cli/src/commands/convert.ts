import { loadConfig, type LoadedConfig } from '@keyfold/config/tooling'

import { CliError } from '../errors/cli-error.ts'
import { EXIT_USAGE } from '../errors/exit-codes.ts'
import type { CliIo } from '../io/cli-io.ts'
import { openInput, type Input } from '../io/input.ts'
import { openOutput } from '../io/open-output.ts'
import { noOutput, type Output } from '../io/output.ts'
import { openCountedSession, type CountedSession } from '../kms/open-counted-session.ts'
import type { ValueMode } from '../ndjson/index.ts'
import { convertInputs } from '../pipeline/convert-inputs.ts'
import { decryptErrorPolicy } from '../pipeline/decrypt-topic.ts'
import { createRejectionPolicy, type OnError, type RejectionPolicy } from '../pipeline/rejections.ts'
import { createRejectsFile, type RejectsFile } from '../pipeline/rejects-file.ts'
import { createProgress } from '../report/progress.ts'
import type { RunContext } from '../report/run-context.ts'
import type { RunStats } from '../report/run-stats.ts'

/** The settings of `encrypt` and `decrypt`. */
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
  readonly rejects?: string | undefined
  readonly maxRejects?: number | undefined
  readonly progress: boolean
}

/** The progress of a run, so that a failed one can be summarized as well. */
export interface ConvertRun {
  readonly stats: RunStats
  session?: CountedSession
  /** When reading began, by `performance.now()`. */
  started?: number
}

/** Encrypts or decrypts all records of the inputs. Updates `run` while it proceeds. */
export async function convert(settings: ConvertSettings, context: RunContext, run: ConvertRun): Promise<void> {
  const { io, logger } = context
  expectGoingOn(io.signal)
  const config = await loadConfig(settings.config, io.cwd)
  const onError = chooseOnError(settings, config)
  const inputs: Input[] = []
  let output: Output | undefined
  let rejects: RejectsFile | undefined
  try {
    for (const file of settings.files.length === 0 ? ['-'] : settings.files) inputs.push(await openInput(file, io))
    hintAt(settings, context)
    rejects = settings.rejects === undefined ? undefined : await openRejects(settings.rejects, io)
    const { maxRejects } = settings
    const policy = createRejectionPolicy({ onError, stats: run.stats, logger, maxRejects, rejects })
    run.session = await openSession(config, policy, context)
    output = settings.dryRun === true ? noOutput : await openOutput(settings.output, io)
    expectGoingOn(io.signal)
    run.started = performance.now()
    await convertAll(inputs, output, run.session, settings, policy, rejects, context, run.stats)
  } finally {
    for (const input of inputs) input.close()
    await output?.discard()
    await rejects?.finish()
    await run.session?.close()
  }
}

function expectGoingOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new CliError('CLI_ABORTED', 'interrupted before the first record', EXIT_USAGE)
}

function hintAt({ command, topic, files }: ConvertSettings, { io, logger }: RunContext): void {
  if (command === 'decrypt' && topic === undefined) {
    logger.warn(
      'records are decrypted under the topic as claimed by the file; --topic <name> says where they were read',
    )
  }
  if (io.stdin.isTTY === true && (files.length === 0 || files.includes('-')))
    logger.info('reading records from the terminal, one JSON object a line; end with Ctrl-D')
}

async function openRejects(file: string, io: CliIo): Promise<RejectsFile> {
  return createRejectsFile(await openOutput(file, io))
}

/** A slow login can be interrupted; a session that opens afterwards is closed at once. */
async function openSession(
  config: LoadedConfig,
  policy: RejectionPolicy,
  { io: { signal }, logger }: RunContext,
): Promise<CountedSession> {
  const opening = openCountedSession(config, { onDecryptError: decryptErrorPolicy(policy), logger })
  if (signal === undefined) return opening
  const interrupted = Promise.withResolvers<never>()
  const abort = (): void => {
    opening.then((session) => session.close()).catch(() => undefined)
    interrupted.reject(new CliError('CLI_ABORTED', 'interrupted before the first record', EXIT_USAGE))
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([opening, interrupted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function convertAll(
  inputs: readonly Input[],
  output: Output,
  session: CountedSession,
  settings: ConvertSettings,
  policy: RejectionPolicy,
  rejects: RejectsFile | undefined,
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
      rejects,
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

/** Returns the size of all inputs; `undefined` if one is unknown. */
function totalSize(inputs: readonly Input[]): number | undefined {
  const sizes = inputs.flatMap(({ size }) => size ?? [])
  return sizes.length === inputs.length ? sizes.reduce((sum, size) => sum + size, 0) : undefined
}
