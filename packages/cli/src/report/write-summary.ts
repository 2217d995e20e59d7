import { escapeText } from '@keyfold/kms-api'

import { formatBytes, formatCount, formatCountOf } from './format-number.ts'
import type { RunContext } from './run-context.ts'
import type { RunSummary } from './run-stats.ts'

/** Writes the end of a run to standard error: one line of JSON, or two lines for people (none with `--log-level warn` or above). */
export function writeSummary(
  summary: RunSummary,
  { terminal, logger, json }: Pick<RunContext, 'terminal' | 'logger' | 'json'>,
): void {
  if (json) {
    terminal.line(escapeText(JSON.stringify(summary)))
    return
  }
  const { kmsCalls: calls } = summary
  const outcomes = (['encrypted', 'decrypted', 'clear', 'rejected', 'skipped', 'raw'] as const)
    .filter((name) => summary[name] > 0)
    .map((name) => `, ${formatCount(summary[name])} ${name}`)
  const rate = `${summary.seconds.toFixed(1)} s, ${formatCountOf(summary.recordsPerSecond, 'record')}/s`
  logger.info(
    `${formatCountOf(summary.records, 'record')}${outcomes.join('')}; ${rate}${summary.dryRun ? '; dry run, nothing written' : ''}`,
  )
  logger.info(
    `${formatBytes(summary.bytesIn)} in, ${formatBytes(summary.bytesOut)} out; ${formatCountOf(summary.deksGenerated, 'DEK')}; ` +
      `KMS calls: ${calls.resolveKek} resolveKek, ${calls.generateDekPair} generateDekPair, ${calls.decryptEdek} decryptEdek`,
  )
}
