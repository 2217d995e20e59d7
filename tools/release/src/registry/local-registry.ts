import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { freePort } from '@keyfold/kit/free-port'
import { npmConfig } from '@keyfold/kit/npm'
import { cleanEnvironment } from '@keyfold/kit/run'
import { withTemporaryFolder } from '@keyfold/kit/temporary-folder'

import { installedTool } from './installed-tool.ts'

/** A registry on the loopback interface: it keeps what is published under `@keyfold/` and asks the user's registry for everything else. */
export interface LocalRegistry {
  readonly url: string
  /** An environment in which npm knows this registry and no other. */
  readonly env: NodeJS.ProcessEnv
}

const START_MS = 60_000

/** Runs the registry for as long as `use` runs. What was published is gone afterwards; what came from elsewhere stays for the next time. */
export async function withLocalRegistry<T>(root: string, use: (registry: LocalRegistry) => Promise<T>): Promise<T> {
  const tool = await installedTool(root, 'verdaccio')
  const upstream = await npmConfig('registry', root)
  const cache = await npmConfig('cache', root)
  const storage = path.join(root, '.keyfold', 'release', 'storage')
  await mkdir(storage, { recursive: true })
  return withTemporaryFolder('registry', async (folder) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/`
    const config = path.join(folder, 'config.yaml')
    // JSON is YAML.
    await writeFile(
      config,
      JSON.stringify(configuration(storage, path.relative(storage, path.join(folder, 'own')), upstream)),
    )
    const npmrc = path.join(folder, 'npmrc')
    // npm publishes with some token only; this one means nothing.
    const settings = [
      `registry=${url}`,
      `//127.0.0.1:${port}/:_authToken=rehearsal`,
      `cache=${cache}`,
      'audit=false',
      'fund=false',
      'update-notifier=false',
      'loglevel=error',
    ]
    await writeFile(npmrc, `${settings.join('\n')}\n`)
    const program = path.join(tool, 'node_modules', 'verdaccio', 'bin', 'verdaccio')
    const child = spawn(process.execPath, [program, '--config', config, '--listen', `127.0.0.1:${port}`], {
      cwd: folder,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    try {
      await started(child, url)
      return await use({ url, env: { ...cleanEnvironment(), npm_config_userconfig: npmrc, npm_config_registry: url } })
    } finally {
      await stopped(child)
    }
  })
}

function configuration(storage: string, own: string, upstream: string): object {
  const everybody = { access: '$all', publish: '$all', unpublish: '$all' }
  return {
    storage,
    auth: {},
    uplinks: { upstream: { url: upstream, maxage: '1d', timeout: '60s', max_fails: 20, fail_timeout: '1s' } },
    packages: { '@keyfold/*': { ...everybody, storage: own }, '**': { ...everybody, proxy: 'upstream' } },
    web: { enable: false },
    max_body_size: '200mb',
    log: { type: 'stdout', format: 'json', level: 'error' },
  }
}

async function started(child: ChildProcess, url: string): Promise<void> {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Uint8Array) => (said += new TextDecoder().decode(bytes)))
  const deadline = performance.now() + START_MS
  while (performance.now() < deadline && child.exitCode === null) {
    const answer = await fetch(new URL('-/ping', url)).catch(() => undefined)
    if (answer?.ok === true) return
    await wait(100)
  }
  throw new Error(`the local registry expected to answer within ${START_MS / 1000} s; it said: ${said.slice(-2000)}`)
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill()
  await ended
}
