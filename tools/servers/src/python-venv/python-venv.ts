import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { cacheFolder } from '../process/cache-folder.ts'
import { withLock } from '../process/lock.ts'
import { run } from '../process/run.ts'
import { findPython } from './find-python.ts'

/** Packages of PyPI that are installed together, so that one resolver run sees all of them. */
export interface PythonPackages {
  /** Names the virtual environment. */
  readonly name: string
  /** What is asked for, pinned. */
  readonly requirements: readonly string[]
  /** A file with the exact version of everything. */
  readonly constraints: string
}

/**
 * Makes a virtual environment with packages of PyPI in the cache folder, unless it is there, and gives the folder of its commands. Other pins
 * make another environment.
 *
 * @throws ServerError when there is no Python, or PyPI cannot be reached.
 */
export async function pythonVenv(
  { name, requirements, constraints }: PythonPackages,
  say: (line: string) => void,
): Promise<string> {
  const python = await findPython()
  const hash = createHash('sha256')
    .update(JSON.stringify([python.version, requirements, readFileSync(constraints, 'utf8')]))
    .digest('hex')
    .slice(0, 12)
  const folder = cacheFolder(`${name}-py${python.version}-${hash}`)
  const venv = path.join(folder, 'venv')
  const complete = path.join(folder, 'complete')
  const commands = path.join(venv, 'bin')
  if (existsSync(complete)) return commands
  await withLock(folder, async () => {
    if (existsSync(complete)) return
    say(`installing ${requirements.join(' ')} from PyPI with Python ${python.version}, once`)
    rmSync(venv, { recursive: true, force: true })
    await run(python.command, ['-m', 'venv', venv])
    const options = ['--quiet', '--no-input', '--disable-pip-version-check']
    await run(path.join(commands, 'python'), [
      '-m',
      'pip',
      'install',
      ...options,
      '--constraint',
      constraints,
      ...requirements,
    ])
    writeFileSync(complete, `${new Date().toISOString()}\n`)
  })
  return commands
}
