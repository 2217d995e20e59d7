import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Both topics are encrypted under one KEK, so that only the binding trailer keeps their records apart. */
const CONFIGURATION = (kek: string): string => `kms:
  provider: inmemory
  config:
    insecure: test-only
    keks:
      - id: ${kek}
        alias: KEK-flights
        versions: [{ file: kek.txt }]
encryption:
  topics:
    - match: flights*
      kek: KEK-flights
`

/** A folder of this run alone: a KEK, a configuration, the records. */
export async function createWorkspace(
  lines: readonly string[],
): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'keyfold-flights-'))
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text, { mode: 0o600 })
  await write('kek.txt', randomBytes(32).toString('base64'))
  await write('keyfold.yaml', CONFIGURATION(randomUUID()))
  await write('flights.ndjson', `${lines.join('\n')}\n`)
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}
