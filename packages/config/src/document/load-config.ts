import { escapeText, formatPath } from '@keyfold/kms-api'

import { ConfigError } from '../errors/config-error.ts'
import { readGuardedFile } from '../trust/read-guarded-file.ts'
import { describeProblems } from './describe-problems.ts'
import { documentSchema, type ConfigDocument } from './document-schema.ts'
import { parseYaml } from './parse-yaml.ts'

/** A configuration that fits the schema. */
export interface LoadedConfig {
  /** The real path of the file: providers are looked up from here. */
  readonly path: string
  readonly document: ConfigDocument
}

/**
 * Reads and checks a configuration file. Loads no provider.
 *
 * @throws ConfigError `CONFIG_INVALID`, which names everything that is wrong, with its path.
 */
export async function loadConfig(named: string, cwd: string): Promise<LoadedConfig> {
  const { path, text } = await readGuardedFile(named, cwd)
  const document = parseYaml(text, named)
  if (document === null) throw new ConfigError('CONFIG_INVALID', `${escapeText(named)}: the configuration is empty`)
  const hidden = findProto(document)
  if (hidden !== undefined)
    throw new ConfigError(
      'CONFIG_INVALID',
      `${escapeText(named)}: "${formatPath(hidden)}" expected to be absent, got an unknown key; check its spelling`,
    )
  const parsed = documentSchema.safeParse(document)
  // The schema rejects a rule with both "kek" and "plaintext", or neither, which its type cannot express.
  if (parsed.success) return { path, document: parsed.data as ConfigDocument }
  throw new ConfigError('CONFIG_INVALID', `${escapeText(named)}: ${describeProblems(parsed.error.issues, document)}`)
}

/** Finds a key of this name, which is never a setting and which schemas ignore; `undefined` if there is none. */
function findProto(value: unknown, path: readonly PropertyKey[] = []): readonly PropertyKey[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key]
    const found = key === '__proto__' ? here : findProto(inner, here)
    if (found !== undefined) return found
  }
  return undefined
}
