import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { cacheFolder } from '../process/cache-folder.ts'
import { withLock } from '../process/lock.ts'
import { run } from '../process/run.ts'
import { ServerError } from '../process/server-error.ts'

const KIT = path.resolve(import.meta.dirname, '../../kafka-kit')

/**
 * Fetches the jars of Apache Kafka 4.3.1 from Maven coordinates, unless they are there, and returns the folder that holds them. Another `pom.xml` makes
 * another folder.
 *
 * @throws ServerError if there is no Maven, or no repository can be reached.
 */
export async function installKafka(say: (line: string) => void): Promise<string> {
  const pom = path.join(KIT, 'pom.xml')
  const hash = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12)
  const folder = cacheFolder(`kafka-${hash}`)
  const complete = path.join(folder, 'complete')
  const jars = path.join(folder, 'lib')
  if (existsSync(complete)) return jars
  const maven = process.env['KEYFOLD_MAVEN'] ?? 'mvn'
  await run(maven, ['--version']).catch(() => {
    throw new ServerError(`no Maven found (${maven}); install it, or name it in KEYFOLD_MAVEN`)
  })
  await withLock(folder, async () => {
    if (existsSync(complete)) return
    say('fetching Apache Kafka 4.3.1 from Maven, once')
    rmSync(jars, { recursive: true, force: true })
    copyFileSync(pom, path.join(folder, 'pom.xml'))
    await run(maven, ['-q', '-B', '-f', path.join(folder, 'pom.xml'), 'dependency:copy-dependencies'])
    if (!readdirSync(jars).some((name) => name.startsWith('kafka_')))
      throw new ServerError(`${jars} has no kafka_*.jar`)
    writeFileSync(complete, `${new Date().toISOString()}\n`)
  })
  return jars
}
