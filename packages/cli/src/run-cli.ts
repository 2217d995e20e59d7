import { CommanderError, type Command } from 'commander'

import { escapeText } from '@keyfold/kms-api'

import { describeFailure } from './errors/describe-failure.ts'
import { EXIT_OK, EXIT_USAGE, type ExitCode } from './errors/exit-codes.ts'
import type { CliIo } from './io/cli-io.ts'
import { isClosedPipe } from './io/output-failure.ts'
import { writeLines } from './io/write-text.ts'
import { createProgram } from './program.ts'
import { createContext } from './report/create-context.ts'

/**
 * Runs `keyfold` in this process.
 *
 * ```ts
 * const code = await runCli(['encrypt', '--config', 'keyfold.yaml', 'records.ndjson'], { stdin, stdout, stderr, cwd: process.cwd() })
 * ```
 *
 * @param argv - the arguments after the command's name.
 * @param io - the caller owns the streams; standard output is never ended.
 * @returns 0 done; 1 done except for rejected records; 2 wrong usage or configuration, or interrupted before the first record; 3 failed. Never rejects
 * for these.
 */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  const ignore = (): void => undefined
  // A reader that closed standard error is not told.
  io.stderr.on('error', ignore)
  const help: string[] = []
  let exitCode: ExitCode = EXIT_OK
  const program = createProgram(async (settings, command) => {
    const context = createContext(settings, io)
    exitCode = await command(context).catch((error: unknown) => {
      const failure = describeFailure(error)
      context.logger.error({ code: failure.code }, failure.message)
      return failure.exitCode
    })
  })
  forEachCommand(program, (command) => {
    command.exitOverride().configureOutput({ writeOut: (text) => help.push(text), writeErr: ignore })
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    exitCode = await usage(error, { argv, help, command: commandNamed(program, argv) }, io)
  } finally {
    io.stderr.off('error', ignore)
  }
  return exitCode
}

interface Invocation {
  readonly argv: readonly string[]
  readonly help: readonly string[]
  /** The command whose help explains the error, such as `keyfold config check`. */
  readonly command: string
}

async function usage(error: unknown, { argv, help, command }: Invocation, io: CliIo): Promise<ExitCode> {
  const context = createContext({ json: argv.includes('--json') }, io)
  const { logger, json, terminal } = context
  if (!(error instanceof CommanderError)) throw error
  if (error.exitCode === 0) {
    return writeLines([help.join('').trimEnd()], io).then(
      () => EXIT_OK,
      (failure: unknown) => {
        if (isClosedPipe(failure)) return EXIT_OK
        const { exitCode, message } = describeFailure(failure)
        logger.error(message)
        return exitCode
      },
    )
  }
  // A suggestion is on a line of its own.
  const message =
    error.code === 'commander.help'
      ? 'a command is missing'
      : error.message.replace(/^error: /, '').replace(/\n(\(Did you mean [^\n]*\))$/, ' $1')
  const text = `${escapeText(message)}; see ${command} --help`
  logger.error({ code: 'CLI_USAGE' }, text)
  // A program that requested JSON gets its line, whatever the error.
  if (json)
    terminal.line(
      escapeText(
        JSON.stringify({ command: argv[0], exitCode: EXIT_USAGE, error: { code: 'CLI_USAGE', message: text } }),
      ),
    )
  return EXIT_USAGE
}

/** Returns the deepest command that the arguments begin with. */
function commandNamed(command: Command, argv: readonly string[], parents = ''): string {
  const name = `${parents}${command.name()}`
  const child = command.commands.find((each) => each.name() === argv[0])
  return child === undefined ? name : commandNamed(child, argv.slice(1), `${name} `)
}

function forEachCommand(command: Command, visit: (command: Command) => void): void {
  visit(command)
  for (const child of command.commands) forEachCommand(child, visit)
}
