import type { TestProject } from 'vitest/node'

import { ServerError, startLocalStack, startMoto, type RunningServer } from '@keyfold/servers'
import { startForTests, type MissingServer } from '@keyfold/servers/testing'

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a running server, or why there is none. */
    readonly localstack: ServerState
    readonly moto: ServerState
  }
}

/** A server for the tests. */
type ServerState = { readonly url: string; readonly missing?: undefined } | MissingServer

/** Starts the servers before the first test and stops them after the last. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const [localstack, moto] = await Promise.all([startForTests(startLocalStack), startForTests(startMoto)])
  project.provide('localstack', stateOf(localstack))
  project.provide('moto', stateOf(moto))
  return async () => {
    await Promise.all(
      [localstack, moto].map(async (server) => {
        if (!(server instanceof ServerError)) await server.stop()
      }),
    )
  }
}

function stateOf(server: RunningServer | ServerError): ServerState {
  return server instanceof ServerError ? { missing: server.message } : { url: server.url }
}
