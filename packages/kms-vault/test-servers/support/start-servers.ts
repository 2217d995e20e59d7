import { type RunningVault, ServerError, startVault } from '@keyfold/servers'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The Vault that the tests share, or why there is none. */
    readonly vault: ServerState
  }
}

/** A server for the tests. */
export type ServerState =
  | { readonly url: string; readonly rootToken: string; readonly unsealKey: string; readonly missing?: undefined }
  | { readonly url?: undefined; readonly rootToken?: undefined; readonly unsealKey?: undefined; readonly missing: string }

export const say = (line: string): void => { process.stderr.write(`servers: ${line}\n`) }

/** Starts Vault before the first test and stops it after the last. Where it cannot be had, continuous integration fails; others skip its tests. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const vault = await start()
  project.provide('vault', vault instanceof ServerError ? { missing: vault.message } : { url: vault.url, rootToken: vault.rootToken, unsealKey: vault.unsealKey })
  return async () => {
    if (!(vault instanceof ServerError)) await vault.stop()
  }
}

async function start(): Promise<RunningVault | ServerError> {
  try {
    return await startVault(say)
  } catch (error) {
    if (!(error instanceof ServerError) || process.env['CI'] === 'true') throw error
    say(`tests are skipped: ${error.message}`)
    return error
  }
}
