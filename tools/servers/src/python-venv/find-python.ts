import { run } from '../process/run.ts'
import { ServerError } from '../process/server-error.ts'

/** A Python that can make virtual environments. */
export interface Python {
  readonly command: string
  /** For example `3.11`. */
  readonly version: string
}

/** In the order of how much they were tried. */
const COMMANDS = ['python3.11', 'python3.12', 'python3.13', 'python3']
const OLDEST = 10
const NEWEST = 13
const QUESTION = 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])'

/** Finds a Python; `KEYFOLD_PYTHON` names another one. @throws ServerError when there is none. */
export async function findPython(): Promise<Python> {
  const given = process.env['KEYFOLD_PYTHON']
  for (const command of given === undefined ? COMMANDS : [given]) {
    const version = await run(command, ['-c', QUESTION]).then(
      (text) => text.trim(),
      () => undefined,
    )
    const minor = Number(/^3\.([0-9]+)$/.exec(version ?? '')?.[1])
    if (version !== undefined && minor >= OLDEST && minor <= NEWEST) return { command, version }
  }
  throw new ServerError(
    `no Python 3.${OLDEST} to 3.${NEWEST} with venv found (${given ?? COMMANDS.join(', ')}); install one, or name it in KEYFOLD_PYTHON`,
  )
}
