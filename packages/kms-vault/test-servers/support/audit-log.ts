import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Root } from './root.ts'

/** One line of the audit log, as far as it is looked at. */
export interface AuditLine {
  readonly type: 'request' | 'response'
  readonly error?: string
  readonly request: { readonly path: string; readonly operation: string }
}

/** Reads the audit log of a Vault, which has a line of a request before the answer arrives. */
export class AuditLog {
  readonly #root: Root
  readonly #device: string
  readonly #folder: string
  readonly #file: number
  #position = 0
  #rest = ''
  #requests = 0
  #lines: AuditLine[] = []

  private constructor(root: Root, device: string, folder: string) {
    this.#root = root
    this.#device = device
    this.#folder = folder
    this.#file = openSync(path.join(folder, 'audit.log'), 'r')
  }

  static async start(root: Root): Promise<AuditLog> {
    const folder = await mkdtemp(path.join(tmpdir(), 'keyfold-audit-'))
    const device = `kf-${randomUUID()}`
    await root.call('POST', `sys/audit/${device}`, {
      type: 'file',
      options: { file_path: path.join(folder, 'audit.log') },
    })
    return new AuditLog(root, device, folder)
  }

  /** How many requests there were, whoever made them. */
  requests(): number {
    this.#read()
    return this.#requests
  }

  /** The responses since the last time that this was asked for. */
  responses(): readonly AuditLine[] {
    this.#read()
    const responses = this.#lines.filter(({ type }) => type === 'response')
    this.#lines = []
    return responses
  }

  async stop(): Promise<void> {
    closeSync(this.#file)
    await this.#root.try('DELETE', `sys/audit/${this.#device}`)
    await rm(this.#folder, { recursive: true, force: true })
  }

  #read(): void {
    const chunk = new Uint8Array(1 << 20)
    for (;;) {
      const length = readSync(this.#file, chunk, 0, chunk.length, this.#position)
      if (length === 0) return
      this.#position += length
      const lines = (this.#rest + new TextDecoder('latin1').decode(chunk.subarray(0, length))).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const text of lines) {
        const line = JSON.parse(text) as AuditLine
        if (line.type === 'request') this.#requests++
        this.#lines.push(line)
      }
    }
  }
}
