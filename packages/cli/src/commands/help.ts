import type { Command } from 'commander'

const LINK = 'https://www.npmjs.com/package/@keyfold/cli'

const EXIT_CODES = `
Exit codes:
  0        done
  1        done, but for records that were rejected (--on-error skip or raw); inspect: some lines are malformed
  2        wrong command line or configuration, or interrupted before the first record
  3        failed: no file appears under the name of --output; standard output is cut after a whole record
  130 143  ended by a signal (SIGINT, SIGTERM)`

/** Adds the end of every `--help`: examples, the exit codes and a link. */
export function addHelpEnd(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  ${example}`).join('\n')
  return command.addHelpText('after', `\nExamples:\n${lines}\n${EXIT_CODES}\n\nDocumentation: ${LINK}`)
}
