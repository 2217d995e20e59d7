import { once } from 'node:events'
import { parseArgs } from 'node:util'

import {
  installKafka,
  installLocalStack,
  installMoto,
  installVault,
  ServerError,
  startKafka,
  startLocalStack,
  startMoto,
  startVault,
  type RunningServer,
} from './src/index.ts'

const USAGE = `node tools/servers/main.ts install [kafka] [localstack] [moto] [vault]
node tools/servers/main.ts start kafka|localstack|moto|vault

install   installs servers into the folder .keyfold, which git ignores; all of them when none is named
start     installs a server if need be, starts it on a free port of this machine, prints its URL, and stops it on Ctrl-C; the root token of Vault is kf-root-token
`

interface Server {
  readonly install: (say: (line: string) => void) => Promise<string>
  readonly start: (say: (line: string) => void) => Promise<RunningServer>
}

const SERVERS: ReadonlyMap<string, Server> = new Map<string, Server>([
  ['kafka', { install: installKafka, start: startKafka }],
  ['localstack', { install: installLocalStack, start: startLocalStack }],
  ['moto', { install: installMoto, start: startMoto }],
  ['vault', { install: installVault, start: startVault }],
])

const say = (line: string): void => {
  process.stderr.write(`servers: ${line}\n`)
}

async function main([command, ...names]: readonly string[]): Promise<number> {
  const servers = (names.length === 0 ? [...SERVERS.keys()] : names).map((name) => SERVERS.get(name))
  const known = servers.filter((server) => server !== undefined)
  if (
    known.length < servers.length ||
    (command === 'start' && names.length !== 1) ||
    !['install', 'start'].includes(command ?? '')
  ) {
    process.stderr.write(USAGE)
    return 2
  }
  for (const server of known) {
    if (command === 'install') {
      await server.install(say)
      continue
    }
    const running = await server.start(say)
    process.stdout.write(`${running.url}\n`)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
    await running.stop()
  }
  return 0
}

try {
  process.exitCode = await main(parseArgs({ allowPositionals: true }).positionals)
} catch (error) {
  if (!(error instanceof ServerError)) throw error
  say(error.message)
  process.exitCode = 1
}
