import type { ServerState } from './start-servers.ts'

/** Gives the title of a server's tests, or one that says why its tests are skipped. */
export function titleOf(name: string, state: ServerState): string {
  return state.missing === undefined ? name : `${name}: skipped, because ${state.missing.split('\n')[0] ?? 'there is none'}`
}
