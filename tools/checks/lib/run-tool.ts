import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

/** How a tool ended. */
export interface ToolResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program without a terminal and collects what it says. */
export function runTool(program: string, args: readonly string[], cwd: string): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    })
    const out: Uint8Array[] = []
    const err: Uint8Array[] = []
    child.stdout.on('data', (chunk: Uint8Array) => out.push(chunk))
    child.stderr.on('data', (chunk: Uint8Array) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ status: code ?? 1, stdout: join(out), stderr: join(err) })
    })
  })
}

/** Where a development dependency of the repository has its program. */
export function binOf(root: string, name: string): string {
  const bin = path.join(root, 'node_modules', '.bin', name)
  if (!existsSync(bin)) throw new Error(`"${name}" expected in node_modules/.bin: run npm ci`)
  return bin
}

function join(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode()
}
