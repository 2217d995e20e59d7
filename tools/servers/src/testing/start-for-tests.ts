import { ServerError } from '../process/server-error.ts'

/** Why a server is not there, for tests to say. */
export interface MissingServer {
  readonly url?: undefined
  readonly missing: string
}

/** Prints what is done to a server. */
export const say = (line: string): void => {
  process.stderr.write(`servers: ${line}\n`)
}

/** Starts a server before the first test. Where it cannot be had, continuous integration fails; others skip its tests. */
export async function startForTests<S>(
  startServer: (say: (line: string) => void) => Promise<S>,
): Promise<S | ServerError> {
  try {
    return await startServer(say)
  } catch (error) {
    if (!(error instanceof ServerError) || process.env['CI'] === 'true') throw error
    say(`tests are skipped: ${error.message}`)
    return error
  }
}

/** Gives the title of a server's tests, or one that says why its tests are skipped. */
export function titleOf(name: string, state: { readonly missing?: string | undefined }): string {
  return state.missing === undefined
    ? name
    : `${name}: skipped, because ${state.missing.split('\n')[0] ?? 'there is none'}`
}
