import { dirname } from 'node:path'

import {
  checkSecretFiles,
  describeProblems,
  fromProvider,
  loadConfig,
  type ConfigPolicies,
  type LoadedConfig,
} from '@keyfold/config/tooling'
import { escapeText, type KmsProvider } from '@keyfold/kms-api'
import {
  describeShadowedRule,
  describeTopic,
  findShadowedRules,
  type TopicDescription,
} from '@keyfold/record-encryption/config'

import { CliError } from '../errors/cli-error.ts'
import { EXIT_OK, EXIT_USAGE, type ExitCode } from '../errors/exit-codes.ts'
import { writeLines } from '../io/write-text.ts'
import { loadProvider } from '../kms/load-provider.ts'
import type { RunContext } from '../report/run-context.ts'
import { checkJson, checkText, type TopicRule } from './config-check-view.ts'

/** A topic name to compile the rules for, if the user names none. */
const ANY_TOPIC = 'x'

/** Options of `config check`. */
export interface ConfigCheckSettings {
  readonly config: string
  readonly topics?: readonly string[] | undefined
}

/**
 * Checks a configuration without connecting to the KMS: the file, its schema, the rules, that the provider loads and accepts its section, the files of
 * secrets, and that each named topic has a rule and a KEK that the provider could resolve. Prints the settings of each topic.
 *
 * @throws ConfigError, CliError `CLI_CONFIG`, ProviderError.
 */
export async function runConfigCheck(
  { config, topics = [] }: ConfigCheckSettings,
  { io, json, logger }: RunContext,
): Promise<ExitCode> {
  const loaded = await loadConfig(config, io.cwd)
  const { kms, encryption } = loaded.document
  const baseDirectory = dirname(loaded.path)
  const provider = await loadProvider(kms.provider, loaded.path)
  const section = await checkProviderConfig(provider, loaded)
  const rules = [ANY_TOPIC, ...topics].map((topic) => ({ topic, rule: ruleOf(encryption, topic) })).slice(1)
  const secrets = await checkSecretFiles(kms.config, baseDirectory)
  const warnings = [
    ...findShadowedRules(encryption).map((each) => `encryption: ${describeShadowedRule(each)}`),
    ...secrets.filter(({ fatal }) => !fatal).map(({ message }) => message),
  ]
  const fatal = secrets.filter((finding) => finding.fatal).map(({ message }) => message)
  const faults = [...fatal, ...(await findFaults(provider, section, baseDirectory, rules))]
  if (faults.length > 0) {
    for (const warning of warnings) logger.warn({ code: 'CLI_CONFIG' }, warning)
    throw new CliError('CLI_CONFIG', faults.join('; '))
  }
  const description = { provider: provider.name, rules, encryption, warnings }
  await writeLines(json ? [escapeText(JSON.stringify(checkJson(description)))] : checkText(description), io)
  return rules.every(({ rule }) => rule !== undefined) ? EXIT_OK : EXIT_USAGE
}

/** Returns the parsed section with defaults filled in. */
async function checkProviderConfig(provider: KmsProvider, { document }: LoadedConfig): Promise<object> {
  const { config } = document.kms
  const result = await fromProvider(() => provider.configSchema['~standard'].validate(config))
  if (result.issues !== undefined)
    throw new CliError('CLI_CONFIG', describeProblems(result.issues, config, ['kms', 'config']))
  return result.value
}

/** Finds problems without a request to the KMS: settings of the provider, and selectors that no KEK can have, each with the topics that yield it. */
async function findFaults(
  provider: KmsProvider,
  section: object,
  baseDirectory: string,
  rules: readonly TopicRule[],
): Promise<string[]> {
  const check = (selectors: readonly string[]) =>
    fromProvider(() => provider.checkConfig?.(section, { baseDirectory }, selectors) ?? [])
  const own = await check([])
  if (own.length > 0) return own.map(({ message }) => `kms.config: ${escapeText(message)}`)
  const faults: string[] = []
  for (const { topic, rule } of rules) {
    if (rule?.kekSelector === undefined) continue
    for (const { message } of await check([rule.kekSelector]))
      faults.push(`topic ${topic} (encryption.topics[${rule.rule}].kek): ${escapeText(message)}`)
  }
  return faults
}

function ruleOf(encryption: ConfigPolicies, topic: string): TopicDescription | undefined {
  try {
    return describeTopic(encryption, topic)
  } catch (error) {
    throw error instanceof TypeError ? new CliError('CLI_CONFIG', `encryption: ${escapeText(error.message)}`) : error
  }
}
