import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { createBenchFolder, writeRecords, type BenchFolder } from './ndjson-file.ts'

const bin = join(dirname(createRequire(import.meta.url).resolve('@keyfold/cli/package.json')), 'dist', 'bin.js')
/** What every NDJSON tool on Node does at least: parse each line and print it. */
const PLAIN = `
  let rest = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    const lines = (rest + chunk).split('\\n')
    rest = lines.pop()
    let out = ''
    for (const line of lines) out += JSON.stringify(JSON.parse(line)) + '\\n'
    if (!process.stdout.write(out)) await new Promise((done) => process.stdout.once('drain', done))
  }`

/** Records a second of whole processes, start included. */
export interface CliRates {
  readonly records: number
  readonly plain: number
  readonly encrypt: number
  readonly decrypt: number
}

/** Runs the built command line over a file of `bytes` bytes, and a program that only parses and prints it. */
export async function benchCli(bytes: number): Promise<CliRates> {
  const bench = await createBenchFolder(bytes)
  const { folder, file, records } = bench
  try {
    const sealed = join(folder, 'sealed.ndjson')
    const keyfold = (command: string, input: string, output: string): string[] => [
      bin,
      command,
      '--config',
      join(folder, 'keyfold.yaml'),
      '--no-progress',
      '--log-level',
      'error',
      input,
      '--output',
      output,
    ]
    const rate = async (argv: string[], input?: string): Promise<number> => records / (await seconds(argv, input))
    const plain = await rate(['--input-type=module', '-e', PLAIN], file)
    const encrypt = await rate(keyfold('encrypt', file, sealed))
    const decrypt = await rate(keyfold('decrypt', sealed, join(folder, 'opened.ndjson')))
    return { records, plain, encrypt, decrypt }
  } finally {
    await bench.remove()
  }
}

async function seconds(argv: string[], input: string | undefined): Promise<number> {
  const start = performance.now()
  const stdin = input === undefined ? 'ignore' : openSync(input, 'r')
  await ended(spawn(process.execPath, argv, { stdio: [stdin, 'ignore', 'inherit'] }))
  if (typeof stdin === 'number') closeSync(stdin)
  return (performance.now() - start) / 1000
}

async function ended(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`a child ended with exit code ${code}`)
}

/** Resident memory in MiB of `keyfold encrypt` while `bytes` bytes stream through it, at each tenth; empty where there is no /proc. */
export async function benchMemory(bytes: number): Promise<number[]> {
  const bench: BenchFolder = await createBenchFolder(0)
  try {
    const argv = [
      bin,
      'encrypt',
      '--config',
      join(bench.folder, 'keyfold.yaml'),
      '--no-progress',
      '--log-level',
      'error',
      '-',
    ]
    const child = spawn(process.execPath, argv, { stdio: ['pipe', 'ignore', 'inherit'] })
    const done = ended(child)
    const memory: number[] = []
    for (let tenth = 0; tenth < 10; tenth++) {
      await writeRecords(child.stdin, bytes / 10)
      memory.push(await residentMiB(child.pid as number))
    }
    child.stdin.end()
    await done
    return memory.every((mib) => mib > 0) ? memory : []
  } finally {
    await bench.remove()
  }
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024)
}
