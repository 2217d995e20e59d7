import { escapeText, readGuardedFile } from '@keyfold/config/tooling'
import type { KmsProvider } from '@keyfold/kms-api'

import { EXIT_FAILED, EXIT_OK, type ExitCode } from '../errors/exit-codes.ts'
import type { CliIo } from '../io/cli-io.ts'
import { openInput } from '../io/input.ts'
import { writeLines } from '../io/write-text.ts'
import { inspectingProviders } from '../kms/inspecting-providers.ts'
import { readBatches } from '../pipeline/read-batches.ts'
import type { RunContext } from '../report/run-context.ts'
import { createStats } from '../report/run-stats.ts'
import { tableHead, tableRow, viewRecord } from './inspect-view.ts'

/** Options of `inspect`. */
export interface InspectSettings {
  readonly files: readonly string[]
  readonly topic?: string | undefined
  readonly maxLine: number
  readonly config?: string | undefined
  readonly provider?: readonly string[] | undefined
}

/**
 * Prints what can be read of each record without a key. Never calls a KMS.
 *
 * @throws ProviderError for a provider that was named, LocatedError for a line that is no record.
 */
export async function runInspect(settings: InspectSettings, { io, json, logger }: RunContext): Promise<ExitCode> {
  // Only its folder is used, but code is loaded from there: the file is guarded all the same.
  const configPath = settings.config === undefined ? undefined : (await readGuardedFile(settings.config, io.cwd)).path
  const providers = await inspectingProviders({
    named: settings.provider ?? [],
    configPath,
    onRejected: ({ code, message }) => {
      logger.warn({ code }, `left out: ${message}`)
    },
  })
  let malformed = 0
  if (!json) await writeLines([tableHead()], io)
  for (const file of settings.files.length === 0 ? ['-'] : settings.files) {
    malformed += await inspectFile(file, settings, providers, io, json)
  }
  return malformed > 0 ? EXIT_FAILED : EXIT_OK
}

async function inspectFile(
  file: string,
  settings: InspectSettings,
  providers: readonly KmsProvider[],
  io: CliIo,
  json: boolean,
): Promise<number> {
  const input = await openInput(file, io)
  let malformed = 0
  try {
    const batches = readBatches(input, {
      valueMode: 'data',
      topic: settings.topic,
      maxLineBytes: settings.maxLine,
      requireEndRecord: false,
      stats: createStats(),
      onBadLine: (error) => {
        throw error
      },
    })
    for await (const batch of batches) {
      const views = batch.map((record) => ({ record, view: viewRecord(record, providers) }))
      malformed += views.filter(({ view }) => view.status === 'malformed').length
      const print = views.map(({ record: { line, topic }, view }) =>
        json ? escapeText(JSON.stringify({ line, topic, ...view })) : tableRow(line, topic, view),
      )
      await writeLines(print, io)
    }
  } finally {
    input.close()
  }
  return malformed
}
