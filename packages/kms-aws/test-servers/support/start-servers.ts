import { type RunningServer, ServerError, startLocalStack, startMoto } from '@keyfold/servers'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a running server, or why there is none. */
    readonly localstack: ServerState
    readonly moto: ServerState
  }
}

/** A server for the tests. */
export type ServerState = { readonly url: string; readonly missing?: undefined } | { readonly url?: undefined; readonly missing: string }

const say = (line: string): void => { process.stderr.write(`servers: ${line}\n`) }

/** Starts the servers before the first test and stops them after the last. Where one cannot be had, continuous integration fails; others skip its tests. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const [localstack, moto] = await Promise.all([start(startLocalStack), start(startMoto)])
  project.provide('localstack', stateOf(localstack))
  project.provide('moto', stateOf(moto))
  return async () => {
    await Promise.all([localstack, moto].map(async (server) => { if (!(server instanceof ServerError)) await server.stop() }))
  }
}

async function start(startServer: (say: (line: string) => void) => Promise<RunningServer>): Promise<RunningServer | ServerError> {
  try {
    return await startServer(say)
  } catch (error) {
    if (!(error instanceof ServerError) || process.env['CI'] === 'true') throw error
    say(`tests are skipped: ${error.message}`)
    return error
  }
}

function stateOf(server: RunningServer | ServerError): ServerState {
  return server instanceof ServerError ? { missing: server.message } : { url: server.url }
}
