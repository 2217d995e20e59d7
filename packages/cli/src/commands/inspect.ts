import { escapeText, type KmsProvider } from '@keyfold/kms-api'

import { describeFailure } from '../errors/describe-failure.ts'
import { EXIT_OK, EXIT_REJECTED, type ExitCode } from '../errors/exit-codes.ts'
import type { LocatedError } from '../errors/located-error.ts'
import type { CliIo } from '../io/cli-io.ts'
import { openInput } from '../io/input.ts'
import { isClosedPipe } from '../io/output-failure.ts'
import { writeLines } from '../io/write-text.ts'
import { inspectingProviders } from '../kms/inspecting-providers.ts'
import { readMounts, type Mounts } from '../kms/read-mounts.ts'
import { readBatches } from '../pipeline/read-batches.ts'
import type { RunContext } from '../report/run-context.ts'
import { createStats } from '../report/run-stats.ts'
import { tableHead, tableRow, viewRecord, type InspectView } from './inspect-view.ts'

/** Options of `inspect`. */
export interface InspectSettings {
  readonly files: readonly string[]
  readonly topic?: string | undefined
  readonly maxLine: number
  readonly config?: string | undefined
  readonly provider?: readonly string[] | undefined
}

/** A line of the input and its view. */
interface Inspected {
  readonly line: number
  readonly topic: string
  readonly view: InspectView
}

/**
 * Prints the parts of each record that need no key. Never calls a KMS. Ends without an error if its reader closes the pipe.
 *
 * @throws ProviderError for a provider that was named, LocatedError for input that cannot be read further.
 */
export async function runInspect(settings: InspectSettings, context: RunContext): Promise<ExitCode> {
  const { io, json, logger } = context
  const { configPath, mounts } = await readMounts(settings.config, io.cwd)
  const providers = await inspectingProviders({
    named: settings.provider ?? [],
    configPath,
    onRejected: ({ code, message }) => {
      logger.warn({ code }, `left out: ${message}`)
    },
  })
  if (io.stdin.isTTY === true && (settings.files.length === 0 || settings.files.includes('-')))
    logger.info('reading records from the terminal, one JSON object a line; end with Ctrl-D')
  let malformed = 0
  try {
    if (!json) await writeLines([tableHead()], io)
    for (const file of settings.files.length === 0 ? ['-'] : settings.files) {
      malformed += await inspectFile(file, settings, { providers, mounts, io, json })
    }
  } catch (error) {
    if (!isClosedPipe(error)) throw error
  }
  return malformed > 0 ? EXIT_REJECTED : EXIT_OK
}

interface FileContext {
  readonly providers: readonly KmsProvider[]
  readonly mounts: Mounts
  readonly io: CliIo
  readonly json: boolean
}

async function inspectFile(
  file: string,
  settings: InspectSettings,
  { providers, mounts, io, json }: FileContext,
): Promise<number> {
  const input = await openInput(file, io)
  const abort = (): void => {
    input.close()
  }
  io.signal?.addEventListener('abort', abort, { once: true })
  let malformed = 0
  try {
    const batches = readBatches<Inspected>(input, {
      valueMode: 'data',
      topic: settings.topic,
      withoutTopic: true,
      maxLineBytes: settings.maxLine,
      requireEndRecord: false,
      stats: createStats(),
      onBadLine: brokenLine,
    })
    for await (const batch of batches) {
      const rows = batch.map((item) =>
        'view' in item ? item : { line: item.line, topic: item.topic, view: viewRecord(item, providers, mounts) },
      )
      malformed += rows.filter(({ view }) => view.status === 'malformed').length
      await writeLines(
        rows.map((row) => (json ? toJson(row) : tableRow(row.line, row.topic, row.view))),
        io,
      )
    }
  } finally {
    io.signal?.removeEventListener('abort', abort)
    input.close()
  }
  return malformed
}

/** A line that is not a record is shown as malformed. A problem with the stream itself ends the run. */
function brokenLine(error: LocatedError): Inspected {
  const { code, message } = describeFailure(error)
  return { line: error.line ?? 0, topic: '', view: { status: 'malformed', code, problem: message } }
}

function toJson({ line, topic, view }: Inspected): string {
  return escapeText(JSON.stringify({ line, ...(topic !== '' && { topic }), ...view }))
}
