import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { attacks } from './src/attacks.ts'
import { flightLines } from './src/data-set.ts'
import { keyfold, type Run } from './src/keyfold.ts'
import { createWorkspace } from './src/workspace.ts'

const say = (text: string): void => {
  console.log(text)
}
const shorten = (line: string): string =>
  line.length > 150 ? `${line.slice(0, 120)}… (${line.length} characters)` : line

/** A step that has to succeed. */
async function must(run: Promise<Run>): Promise<Run> {
  const result = await run
  if (result.code !== 0) throw new Error(`keyfold ended with exit code ${result.code}:\n${result.log}`)
  return result
}

const lines = await flightLines('flights')
const { folder, remove } = await createWorkspace(lines)
const run = (...argv: string[]): Promise<Run> =>
  keyfold(folder, ...argv, '--config', 'keyfold.yaml', '--value', 'json', '--json')
try {
  say(
    `\n${lines.length} flights (U.S. Bureau of Transportation Statistics, from the npm package vega-datasets), key = airport of origin\n`,
  )

  const encrypted = await must(run('encrypt', 'flights.ndjson', '--output', 'encrypted.ndjson'))
  const sealed = (await readFile(join(folder, 'encrypted.ndjson'), 'utf8')).trimEnd().split('\n')
  say(`before   ${shorten(lines[0] as string)}`)
  say(`after    ${shorten(sealed[0] as string)}`)

  const decrypted = await must(run('decrypt', 'encrypted.ndjson', '--output', 'decrypted.ndjson'))
  const [original, roundTrip] = await Promise.all(
    ['flights.ndjson', 'decrypted.ndjson'].map((name) => readFile(join(folder, name))),
  )
  if (original === undefined || roundTrip?.equals(original) !== true)
    throw new Error('the decrypted file differs from the original')
  say(`opened   all ${original.length} bytes are as they were\n`)

  for (const { name, forge } of attacks) {
    await writeFile(join(folder, 'attack.ndjson'), `${forge(sealed[0] as string)}\n`)
    const { code, stdout, log } = await run('decrypt', 'attack.ndjson')
    if (code !== 3 || stdout !== '') throw new Error(`an attack succeeded: ${name}`)
    const refusal = log.split('\n').find((line) => line.includes('RECORD_')) ?? log
    say(`refused  ${name}\n         ${(JSON.parse(refusal) as { msg: string }).msg}`)
  }

  say('')
  console.table(
    Object.fromEntries(
      [encrypted, decrypted].map(({ summary }, i) => [i === 0 ? 'encrypt' : 'decrypt', columns(summary ?? {})]),
    ),
  )
} finally {
  await remove()
}

function columns(summary: Record<string, unknown>): Record<string, unknown> {
  const calls = summary['kmsCalls'] as Record<string, number>
  return {
    records: summary['records'],
    DEKs: summary['deksGenerated'],
    'KMS calls': Object.values(calls).reduce((sum, count) => sum + count, 0),
    'bytes in': summary['bytesIn'],
    'bytes out': summary['bytesOut'],
    'records/s': Math.round(summary['recordsPerSecond'] as number),
  }
}
