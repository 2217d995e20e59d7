import path from 'node:path'

import { freePort } from '@keyfold/kit/free-port'

import { cacheFolder } from '../process/cache-folder.ts'
import { startServer, type RunningServer } from '../process/running-server.ts'
import { pythonVenv } from '../python-venv/python-venv.ts'

const REQUIREMENTS = ['moto[server]==5.2.5']
const READY_WITHIN_MS = 60_000

/** Installs the moto server, and gives the folder of its commands. */
export async function installMoto(say: (line: string) => void): Promise<string> {
  const constraints = path.join(import.meta.dirname, 'constraints.txt')
  return await pythonVenv({ name: 'moto', requirements: REQUIREMENTS, constraints }, say)
}

/** Installs the moto server if need be and starts it on a free port of the loopback interface. It forgets its keys when it stops. */
export async function startMoto(say: (line: string) => void): Promise<RunningServer> {
  const commands = await installMoto(say)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  return await startServer({
    name: 'moto',
    url,
    command: path.join(commands, 'python'),
    args: [path.join(commands, 'moto_server'), '-H', '127.0.0.1', '-p', String(port)],
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      HOME: cacheFolder('moto-run', 'home'),
      TMPDIR: cacheFolder('moto-run', 'tmp'),
      PYTHONUNBUFFERED: '1',
    },
    log: path.join(cacheFolder('moto-run'), `${port}.log`),
    ready: async () => (await fetch(`${url}/moto-api/`, { signal: AbortSignal.timeout(5_000) })).ok,
    readyWithinMs: READY_WITHIN_MS,
  })
}
