import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

import { ServerError } from './server-error.ts'

const PROBE_EVERY_MS = 100
const MAX_LOG = 4_000
const TERMINATES_WITHIN_MS = 20_000

/** A server that runs until it is stopped, at the latest until this process ends. */
export interface RunningServer {
  /** Where it answers, for example `http://127.0.0.1:4566`. */
  readonly url: string
  /** Stops it and waits for its end. Idempotent. */
  stop(): Promise<void>
}

/** What is started, and how it is known to be ready. */
export interface ServerProcess {
  readonly name: string
  readonly url: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Receives what the server writes. */
  readonly log: string
  /** Says whether the server serves; may reject as long as it does not. */
  readonly ready: () => Promise<boolean>
  readonly readyWithinMs: number
}

/** Starts a server and waits until it is ready. @throws ServerError when it ends before, or is not ready in time. */
export async function startServer(server: ServerProcess): Promise<RunningServer> {
  const log = openSync(server.log, 'w')
  const child = spawn(server.command, server.args, { stdio: ['ignore', log, log], env: server.env })
  closeSync(log)
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve()
    })
    child.once('error', () => {
      resolve()
    })
  })
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    await terminate(child, ended)
    process.off('exit', kill)
  }
  try {
    await becomesReady(server, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: server.url, stop }
}

async function becomesReady({ name, ready, readyWithinMs, log }: ServerProcess, child: ChildProcess): Promise<void> {
  const until = Date.now() + readyWithinMs
  while (Date.now() < until) {
    if (hasEnded(child))
      throw new ServerError(`${name} ended while it started: ${readFileSync(log, 'utf8').slice(-MAX_LOG)}`)
    if (await ready().catch(() => false)) return
    await sleep(PROBE_EVERY_MS)
  }
  throw new ServerError(
    `${name} was not ready within ${readyWithinMs} ms: ${readFileSync(log, 'utf8').slice(-MAX_LOG)}`,
  )
}

async function terminate(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (hasEnded(child)) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
  }, TERMINATES_WITHIN_MS)
  await ended
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}
