import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { ServerError } from './server-error.ts'

const TRY_EVERY_MS = 250
const MAX_MS = 15 * 60_000

/** Runs `work` while no other process does the same in `folder`. A lock whose owner is gone is taken over. */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = path.join(folder, 'lock')
  const owner = path.join(lock, 'pid')
  const until = Date.now() + MAX_MS
  while (!take(lock, owner)) {
    if (!isAlive(owner)) rmSync(lock, { recursive: true, force: true })
    if (Date.now() > until)
      throw new ServerError(`${lock} is held for more than ${MAX_MS} ms; remove it when nothing is being installed`)
    await sleep(TRY_EVERY_MS)
  }
  try {
    return await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function take(lock: string, owner: string): boolean {
  try {
    mkdirSync(lock)
    writeFileSync(owner, String(process.pid))
    return true
  } catch {
    return false
  }
}

function isAlive(owner: string): boolean {
  try {
    process.kill(Number(readFileSync(owner, 'utf8')) || Infinity, 0)
    return true
  } catch (error) {
    // No file yet: its owner is just writing it.
    return (error as NodeJS.ErrnoException).code === 'EPERM' || (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
