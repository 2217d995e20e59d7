import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { freePort } from '@keyfold/kit/free-port'

import { cacheFolder } from '../process/cache-folder.ts'
import { run } from '../process/run.ts'
import { startServer, type RunningServer } from '../process/running-server.ts'
import { findJava } from './find-java.ts'
import { installKafka } from './install-kafka.ts'

const TEMPLATE = path.resolve(import.meta.dirname, '../../kafka-kit/server.properties.template')
const READY_WITHIN_MS = 120_000
const READY = 'Kafka Server started'
const MEMORY = ['-Xms192m', '-Xmx192m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData']
const LOG = [
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
]

/** A broker that runs until it is stopped. */
export interface RunningKafka extends RunningServer {
  /** What clients call `brokers`, for example `['127.0.0.1:9092']`. */
  readonly brokers: readonly string[]
}

/** How a broker is started. */
export interface KafkaOptions {
  /** By default a free one. */
  readonly port?: number | undefined
  /** Lines of `server.properties` that are added to, or override, those of `kafka-kit/server.properties.template`. */
  readonly properties?: readonly string[] | undefined
}

/**
 * Fetches Apache Kafka if need be and starts one node (KRaft: broker and controller in one process) on free ports of the loopback interface. Each start has
 * fresh data, which `stop` removes.
 *
 * @throws ServerError if Kafka or Java cannot be had, or the broker does not start.
 */
export async function startKafka(
  say: (line: string) => void,
  { port: given, properties = [] }: KafkaOptions = {},
): Promise<RunningKafka> {
  const [jars, java] = [await installKafka(say), await findJava(say)]
  const port = given ?? (await freePort())
  const folder = mkdtempSync(path.join(cacheFolder('kafka-run'), `${port}-`))
  const settings = path.join(folder, 'server.properties')
  const log = path.join(folder, 'broker.log')
  const classPath = path.join(jars, '*')
  const values = { PORT: String(port), CPORT: String(await freePort()), DATA: path.join(folder, 'data') }
  const template = readFileSync(TEMPLATE, 'utf8').replace(
    /@(PORT|CPORT|DATA)@/g,
    (_, name: keyof typeof values) => values[name],
  )
  writeFileSync(settings, `${template}\n${properties.join('\n')}\n`)
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const format = ['kafka.tools.StorageTool', 'format', '-t', newClusterId(), '-c', settings]
    await run(java, ['-XX:TieredStopAtLevel=1', '-cp', classPath, ...format])
    const server = await startServer({
      name: 'Apache Kafka',
      url: `127.0.0.1:${port}`,
      command: java,
      args: [...MEMORY, ...LOG, '-cp', classPath, 'kafka.Kafka', settings],
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: folder, TMPDIR: folder },
      log,
      ready: () => Promise.resolve(existsSync(log) && readFileSync(log, 'utf8').includes(READY)),
      readyWithinMs: READY_WITHIN_MS,
    })
    return {
      url: server.url,
      brokers: [server.url],
      stop: async () => {
        await server.stop()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

/** 16 random bytes as Kafka writes them, made here because a JVM would take a second. A leading dash would be read as an option. */
function newClusterId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A')
}
