import { Command, Option } from 'commander'

import manifest from '../package.json' with { type: 'json' }
import { runConfigCheck } from './commands/config-check.ts'
import { runConfigSchema } from './commands/config-schema.ts'
import { runConvert } from './commands/convert-command.ts'
import type { ConvertSettings } from './commands/convert.ts'
import { addHelpEnd } from './commands/help.ts'
import { runInspect } from './commands/inspect.ts'
import { collect, convertOptions, inputOptions, parseTopics, reportOptions } from './commands/options.ts'
import type { ExitCode } from './errors/exit-codes.ts'
import type { ReportSettings } from './report/create-context.ts'
import type { RunContext } from './report/run-context.ts'

/** Runs a command with its context, and keeps its exit code. */
export type Run = (settings: ReportSettings, command: (context: RunContext) => Promise<ExitCode>) => Promise<void>

const FILES = 'NDJSON files; "-" or none is standard input'

/** Builds the command line. Writes nothing itself: help and errors go to the caller. */
export function createProgram(run: Run): Command {
  const program = new Command('keyfold')
    .description('Encrypts, decrypts and inspects Apache Kafka records, one JSON object a line.')
    .version(manifest.version, '-v, --version', 'print the version')
  program.addCommand(convertCommand('encrypt', 'encrypt the values of records', ['throw', 'skip'], run))
  program.addCommand(convertCommand('decrypt', 'decrypt the values of records', ['throw', 'skip', 'raw'], run))
  program.addCommand(inspectCommand(run))
  program.addCommand(configCommand(run))
  return addHelpEnd(program, [
    'keyfold config check -c keyfold.yaml --topics payments.eu',
    'keyfold encrypt -c keyfold.yaml records.ndjson -o encrypted.ndjson',
    'keyfold inspect encrypted.ndjson',
    'keyfold decrypt -c keyfold.yaml --topic payments.eu encrypted.ndjson',
  ])
}

function convertCommand(
  name: ConvertSettings['command'],
  description: string,
  policies: readonly string[],
  run: Run,
): Command {
  const command = new Command(name).description(description).argument('[files...]', FILES)
  for (const option of [...convertOptions(), onErrorOption(policies), ...reportOptions()]) command.addOption(option)
  addHelpEnd(command, [
    `keyfold ${name} -c keyfold.yaml in.ndjson -o out.ndjson`,
    `producer | keyfold ${name} -c keyfold.yaml --topic payments.eu --end-record > out.ndjson`,
    `keyfold ${name} -c keyfold.yaml --on-error skip --rejects rejects.ndjson --max-rejects 100 in.ndjson -o out.ndjson`,
  ])
  return command.action(
    async (files: string[], options: Omit<ConvertSettings, 'command' | 'files'> & ReportSettings) => {
      await run(options, (context) => runConvert({ ...options, command: name, files }, context))
    },
  )
}

function onErrorOption(policies: readonly string[]): Option {
  return new Option(
    '--on-error <policy>',
    'what becomes of a record that is rejected (default: throw, or what the configuration says)',
  ).choices(policies)
}

function inspectCommand(run: Run): Command {
  const command = new Command('inspect')
    .description('show what can be read of records without a key')
    .argument('[files...]', FILES)
    .option('-c, --config <file>', 'configuration, for the providers of its application and the mount of its keys')
    .addOption(
      new Option('--provider <name>', 'also ask this provider which KEK an EDEK names (repeatable)').argParser(collect),
    )
    .option('--json', 'print one JSON object a record')
  for (const option of [...inputOptions(), ...reportOptions()]) command.addOption(option)
  addHelpEnd(command, [
    'keyfold inspect encrypted.ndjson',
    'keyfold inspect --json -c keyfold.yaml < encrypted.ndjson | head',
  ])
  return command.action(
    async (files: string[], options: Omit<Parameters<typeof runInspect>[0], 'files'> & ReportSettings) => {
      await run(options, (context) => runInspect({ ...options, files }, context))
    },
  )
}

function configCommand(run: Run): Command {
  const check = new Command('check')
    .description('check a configuration without connecting to the KMS')
    .requiredOption('-c, --config <file>', 'configuration (YAML)')
    .option('--topics <names>', 'print the rule of each of these topics (with commas between them)', parseTopics)
    .option('--json', 'print JSON')
  const schema = new Command('schema')
    .description('print the JSON Schema of the configuration')
    .option('-c, --config <file>', 'include the schema of the provider that this configuration names')
    .option('--provider <name>', 'include the schema of this provider')
  addHelpEnd(check, ['keyfold config check -c keyfold.yaml --topics payments.eu,public.news'])
  addHelpEnd(schema, ['keyfold config schema --provider vault > keyfold.schema.json'])
  for (const command of [check, schema]) for (const option of reportOptions()) command.addOption(option)
  check.action(async (options: Parameters<typeof runConfigCheck>[0] & ReportSettings) => {
    await run(options, (context) => runConfigCheck(options, context))
  })
  schema.action(async (options: Parameters<typeof runConfigSchema>[0] & ReportSettings) => {
    await run(options, (context) => runConfigSchema(options, context))
  })
  const config = new Command('config').description('check a configuration, print its schema')
  return addHelpEnd(config.addCommand(check).addCommand(schema), ['keyfold config check -c keyfold.yaml'])
}
