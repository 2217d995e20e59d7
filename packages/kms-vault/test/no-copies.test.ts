import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { expect, it, onTestFinished } from 'vitest'

import { FakeVault } from './support/fake-vault.ts'

/** Waits after each step for a line, so that its memory can be read then. */
const CHILD = `
  import { createInterface } from 'node:readline'
  const { default: provider } = await import(process.env.PROVIDER)
  const auth = { method: 'token', token: { value: 'root' }, renew: false }
  const kms = await provider.create({ address: process.env.ADDRESS, auth }, { baseDirectory: '/' })
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const step = async (name) => { console.log(name); await lines.next() }
  const options = process.env.CONTEXT === undefined ? {} : { encryptionContext: { topic: 'orders' } }
  const pair = await kms.generateDekPair(await kms.resolveKek('orders'), options)
  await step('generated')
  const dek = await kms.decryptEdek(kms.kekOf(pair.edek), pair.edek, options)
  await step('decrypted')
  pair.dek.destroy()
  dek.destroy()
  await kms.close()
  await step('closed')
  process.exit()
`
const CHUNK = 16 * 1_024 * 1_024

/** Counts a text in what a process may write to, as bytes and as UTF-16. */
function copiesIn(pid: number, text: string): number {
  const patterns = [Buffer.from(text, 'latin1'), Buffer.from(text, 'utf16le')]
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const buffer = Buffer.alloc(CHUNK + 100)
  let copies = 0
  for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
    const [, from = '', to = ''] = /^([0-9a-f]+)-([0-9a-f]+) .w.. (?!.*\[v)/.exec(line) ?? []
    if (from === '') continue
    const end = Number.parseInt(to, 16)
    for (let at = Number.parseInt(from, 16); at < end; at += CHUNK) {
      const part = buffer.subarray(0, Math.min(buffer.length, end - at))
      try {
        readSync(memory, part, 0, part.length, at)
      } catch {
        continue
      }
      for (const pattern of patterns) {
        for (let i = part.indexOf(pattern); i !== -1 && i < CHUNK; i = part.indexOf(pattern, i + 1)) copies++
      }
    }
  }
  closeSync(memory)
  return copies
}

it.skipIf(process.platform !== 'linux').each([undefined, 'with a context'])(
  'leaves at most two copies of a key in base64 after a call, and none after close() (%s)',
  async (context) => {
    const vault = await FakeVault.start()
    const child = spawn(process.execPath, ['--conditions=@keyfold/source', '--input-type=module', '--eval', CHILD], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        NODE_NO_WARNINGS: '1',
        PROVIDER: new URL('../src/kms-provider.ts', import.meta.url).href,
        ADDRESS: vault.url,
        ...(context !== undefined && { CONTEXT: context }),
      },
    })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const copies: Record<string, number> = {}
    for await (const step of createInterface({ input: child.stdout })) {
      const key = vault.lastKey
      expect(Buffer.from(key, 'base64')).toHaveLength(32)
      copies[step] = copiesIn(child.pid as number, key)
      // The address of the server is there, so that a scan that finds nothing would show.
      if (step === 'generated') expect(copiesIn(child.pid as number, vault.url)).toBeGreaterThan(0)
      child.stdin.write('\n')
    }
    expect(Object.keys(copies)).toEqual(['generated', 'decrypted', 'closed'])
    expect(copies['generated']).toBeLessThanOrEqual(2)
    expect(copies['decrypted']).toBeLessThanOrEqual(2)
    expect(copies['closed']).toBe(0)
  },
  600_000,
)
