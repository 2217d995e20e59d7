import type { TestProject } from 'vitest/node'

import { ServerError, startVault } from '@keyfold/servers'
import { startForTests, type MissingServer } from '@keyfold/servers/testing'

declare module 'vitest' {
  interface ProvidedContext {
    /** The Vault that the tests share, or why there is none. */
    readonly vault: ServerState
  }
}

/** A server for the tests. */
type ServerState =
  | { readonly url: string; readonly rootToken: string; readonly unsealKey: string; readonly missing?: undefined }
  | (MissingServer & { readonly rootToken?: undefined; readonly unsealKey?: undefined })

/** Starts Vault before the first test and stops it after the last. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const vault = await startForTests(startVault)
  project.provide(
    'vault',
    vault instanceof ServerError
      ? { missing: vault.message }
      : { url: vault.url, rootToken: vault.rootToken, unsealKey: vault.unsealKey },
  )
  return async () => {
    if (!(vault instanceof ServerError)) await vault.stop()
  }
}
