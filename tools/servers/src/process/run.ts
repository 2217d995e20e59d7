import { mustRun } from '@keyfold/kit/run'

import { ServerError } from './server-error.ts'

/** Runs a command to its end and returns what it wrote to its standard output. @throws {@link ServerError} if it fails, with the end of its output. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return mustRun(command, args, { cwd: process.cwd(), env }).catch((error: unknown) => {
    throw new ServerError(error instanceof Error ? error.message : String(error))
  })
}
