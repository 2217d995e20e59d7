import {
  describeProblems,
  escapeText,
  fromProvider,
  loadConfig,
  type ConfigPolicies,
  type LoadedConfig,
} from '@keyfold/config/tooling'
import type { KmsProvider } from '@keyfold/kms-api'
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

/** A name that every rule of a broken set is compiled for, when the user asks for none. */
const ANY_TOPIC = 'x'

/** Options of `config check`. */
export interface ConfigCheckSettings {
  readonly config: string
  readonly topics?: readonly string[] | undefined
}

/**
 * Checks a configuration without connecting to the KMS: the file, its schema, the rules, that the provider loads and accepts its section. Prints the
 * rule of each topic that is asked for; a topic without one is a fault. Warns about rules that are never used.
 *
 * @throws CliError `CLI_CONFIG`, ProviderError.
 */
export async function runConfigCheck(
  { config, topics = [] }: ConfigCheckSettings,
  { io, json }: RunContext,
): Promise<ExitCode> {
  const loaded = await loadConfig(config, io.cwd)
  const { kms, encryption } = loaded.document
  const provider = await loadProvider(kms.provider, loaded.path)
  await checkProviderConfig(provider, loaded)
  const rules = [ANY_TOPIC, ...topics].map((topic) => ({ topic, rule: ruleOf(encryption, topic) })).slice(1)
  const warnings = findShadowedRules(encryption).map((shadowed) => `encryption: ${describeShadowedRule(shadowed)}`)
  const answer = { provider: provider.name, topics: rules.map(toJson), ...(warnings.length > 0 && { warnings }) }
  await writeLines(
    json
      ? [escapeText(JSON.stringify(answer))]
      : [`provider ${provider.name}: ok`, ...rules.map(toText), ...warnings.map((warning) => `warning: ${warning}`)],
    io,
  )
  return rules.every(({ rule }) => rule !== undefined) ? EXIT_OK : EXIT_USAGE
}

async function checkProviderConfig(provider: KmsProvider, { document }: LoadedConfig): Promise<void> {
  const { config } = document.kms
  const result = await fromProvider(() => provider.configSchema['~standard'].validate(config))
  if (result.issues !== undefined)
    throw new CliError('CLI_CONFIG', describeProblems(result.issues, config, ['kms', 'config']))
}

function ruleOf(encryption: ConfigPolicies, topic: string): TopicDescription | undefined {
  try {
    return describeTopic(encryption, topic)
  } catch (error) {
    throw error instanceof TypeError ? new CliError('CLI_CONFIG', `encryption: ${escapeText(error.message)}`) : error
  }
}

interface TopicRuleLine {
  readonly topic: string
  readonly rule: TopicDescription | undefined
}

function toJson({ topic, rule }: TopicRuleLine): object {
  return rule === undefined ? { topic, rule: null } : { topic, ...rule }
}

function toText({ topic, rule }: TopicRuleLine): string {
  if (rule === undefined) return `${topic}: no rule; its records are refused both ways`
  const { kekSelector, binding, trustedKeks, onPlaintext } = rule
  const name = `${topic}: rule encryption.topics[${rule.rule}]`
  if (kekSelector === undefined) return `${name}, in clear`
  const trust = trustedKeks === 'boundary' ? ', trusts every KEK of the provider' : ''
  const trailer = `binding ${binding.write ? 'written' : 'not written'} and read ${binding.read}`
  return `${name}, KEK ${escapeText(kekSelector)}, ${trailer}, plaintext ${onPlaintext}${trust}`
}
