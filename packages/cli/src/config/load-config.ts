import type { z } from 'zod'

import { CliError } from '../report/cli-error.ts'
import { escapeText } from '../report/escape-text.ts'
import { type ConfigDocument, documentSchema } from './document-schema.ts'
import { formatPath } from './format-path.ts'
import { parseYaml } from './parse-yaml.ts'
import { readGuardedFile } from './read-guarded-file.ts'

/** A configuration that fits the schema. */
export interface LoadedConfig {
  /** The real path of the file: providers are looked up from here. */
  readonly path: string
  readonly document: ConfigDocument
}

/**
 * Reads and checks the file that `--config` names. Loads no provider.
 *
 * @throws CliError `CLI_CONFIG`, one line for each thing that is wrong, each with its path.
 */
export async function loadConfig(named: string, cwd: string): Promise<LoadedConfig> {
  const { path, text } = await readGuardedFile(named, cwd)
  const parsed = documentSchema.safeParse(parseYaml(text, named))
  // The schema refuses a rule with both "kek" and "plaintext", or neither, which its type cannot say.
  if (parsed.success) return { path, document: parsed.data as ConfigDocument }
  throw new CliError('CLI_CONFIG', `${escapeText(named)}: ${describeIssues(parsed.error.issues)}`)
}

/** Says what is wrong and where: `"encryption.topics[0].mach" expected no such key`. Never a value. */
function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  return issues.flatMap(describeIssue).join('; ')
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `"${formatPath([...path, key])}" expected no such key; check the spelling`)
  return [`"${formatPath(path)}" ${escapeText(issue.message)}`]
}
