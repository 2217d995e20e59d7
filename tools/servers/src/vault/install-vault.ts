import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import path from 'node:path'

import { cacheFolder } from '../process/cache-folder.ts'
import { withLock } from '../process/lock.ts'
import { run } from '../process/run.ts'
import { findGo } from './find-go.ts'

const KIT = path.resolve(import.meta.dirname, '../../vault-kit')

/**
 * Builds HashiCorp Vault 1.14.2 from Go modules, unless it is there, and gives the command. Other sources or versions make another command. The
 * modules and what is compiled of them stay in the cache folder (some 4 GB), so that a change of the command's own sources builds in seconds.
 *
 * @throws ServerError when there is no Go, or the modules cannot be had.
 */
export async function installVault(say: (line: string) => void): Promise<string> {
  const folder = cacheFolder(`vault-${hashOfKit()}`)
  const command = path.join(folder, 'vault-test-server')
  if (existsSync(command)) return command
  const go = await findGo()
  await withLock(folder, async () => {
    if (existsSync(command)) return
    say('building HashiCorp Vault 1.14.2 from Go modules, once; it takes some minutes')
    const built = `${command}.part`
    const env = {
      ...process.env,
      GOMODCACHE: cacheFolder('go', 'mod'),
      GOCACHE: cacheFolder('go', 'build'),
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
    }
    await run(
      go,
      ['build', '-C', KIT, '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', built, '.'],
      env,
    )
    renameSync(built, command)
  })
  return command
}

function hashOfKit(): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(KIT)
    .filter((each) => /^go\.(?:mod|sum)$|\.go$/.test(each))
    .sort()) {
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(path.join(KIT, name)))
  }
  return hash.digest('hex').slice(0, 12)
}
