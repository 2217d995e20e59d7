import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'

/** A folder with a configuration for the in-memory KMS and NDJSON of about 1 KiB a line. */
export interface BenchFolder {
  readonly folder: string
  readonly file: string
  readonly records: number
  remove(): Promise<void>
}

/** Makes a folder with a file of `bytes` bytes. */
export async function createBenchFolder(bytes: number): Promise<BenchFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'keyfold-bench-'))
  const config = `kms:
  provider: inmemory
  config: { insecure: test-only, keks: [{ id: ${randomUUID()}, alias: KEK, versions: [{ value: ${randomBytes(32).toString('base64')} }] }] }
encryption:
  topics: [{ match: "*", kek: KEK }]
`
  await writeFile(join(folder, 'keyfold.yaml'), config, { mode: 0o600 })
  const file = join(folder, 'records.ndjson')
  const stream = createWriteStream(file)
  const records = await writeRecords(stream, bytes)
  stream.end()
  await once(stream, 'close')
  return { folder, file, records, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Writes lines until `bytes` are reached, as fast as they are taken. Returns how many. */
export async function writeRecords(stream: Writable, bytes: number): Promise<number> {
  let written = 0
  let records = 0
  const filler = 'lorem ipsum dolor sit amet '.repeat(36)
  while (written < bytes) {
    let chunk = ''
    for (let i = 0; i < 100; i++, records++) {
      chunk += `${JSON.stringify({ topic: 'bench', partition: 0, offset: records, key: `key-${records % 1000}`, value: `${records} ${filler}` })}\n`
    }
    written += chunk.length
    if (!stream.write(chunk)) await once(stream, 'drain')
  }
  return records
}
