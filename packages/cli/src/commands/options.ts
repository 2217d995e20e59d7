import { InvalidArgumentError, Option } from 'commander'

import { isTopicName } from '@keyfold/record-encryption'

import { LOG_LEVELS } from '../report/create-logger.ts'

const DEFAULT_MAX_LINE = 32 * 1024 * 1024
const MAX_LINE = 256 * 1024 * 1024
const SIZE = /^([1-9][0-9]{0,12})(KiB|MiB)?$/

/** Parses the argument of `--max-line`: bytes, or KiB or MiB. */
function parseSize(text: string): number {
  const [, digits, unit] = SIZE.exec(text) ?? []
  const bytes = Number(digits) * (unit === 'KiB' ? 1024 : unit === 'MiB' ? 1024 ** 2 : 1)
  if (bytes >= 1 && bytes <= MAX_LINE) return bytes
  throw new InvalidArgumentError('expected a size from 1 to 256MiB, such as 33554432 or 32MiB.')
}

/** Parses the argument of `--max-rejects`. */
function parseCount(text: string): number {
  if (/^(?:0|[1-9][0-9]{0,14})$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a number of records, such as 0 or 1000.')
}

/** Parses the name of a topic. */
function parseTopic(text: string): string {
  if (isTopicName(text)) return text
  throw new InvalidArgumentError('expected the name of a topic (1 to 249 of A-Z a-z 0-9 . _ -).')
}

/** Parses names of topics with commas between them. */
export function parseTopics(text: string): string[] {
  return text.split(',').map((name) => parseTopic(name.trim()))
}

/** Collects a repeatable option. */
export function collect(value: string, all: readonly string[] = []): string[] {
  return [...all, value]
}

/** Options of all commands that report on standard error. */
export const reportOptions = (): Option[] => [
  new Option('--log-format <format>', 'how log lines look (default: text, with --json json)').choices(['text', 'json']),
  new Option('--log-level <level>', 'minimum level of log lines').choices([...LOG_LEVELS]).default('info'),
]

/** Options of all commands that read records. */
export const inputOptions = (): Option[] => [
  new Option('--topic <name>', "topic of all records, instead of the records' own").argParser(parseTopic),
  new Option('--max-line <size>', 'longest line that is accepted')
    .argParser(parseSize)
    .default(DEFAULT_MAX_LINE, '32MiB'),
]

/** Options of `encrypt` and `decrypt`. */
export const convertOptions = (): Option[] => [
  new Option('-c, --config <file>', 'configuration (YAML)').makeOptionMandatory(),
  ...inputOptions(),
  new Option('-o, --output <file>', 'write to a file, which appears only when it is whole (default: standard output)'),
  new Option('--value <form>', 'form of the plain value: data (null, "text", {"base64"}) or json (its own JSON text)')
    .choices(['data', 'json'])
    .default('data'),
  new Option('--require-end-record', 'reject input that --end-record did not close'),
  new Option('--end-record', 'close the output with a count and a hash'),
  new Option(
    '--rejects <file>',
    'write rejected records to a file, readable for its owner alone: one JSON object {record, code, message} a line',
  ),
  new Option('--max-rejects <number>', 'end the run when more records than this are rejected').argParser(parseCount),
  new Option('--dry-run', 'read everything and call the KMS, but write no records'),
  new Option('--json', 'print the summary as JSON, on standard error'),
  new Option('--no-progress', 'draw no progress bar'),
]
