import { Buffer } from 'node:buffer'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'

import type { StoredKek } from './key-file.ts'
import { sealKey } from './seal.ts'

/** What an operator does with the file. One at a time: the file is read, changed and replaced as a whole. */
export class KeyFileAdmin {
  readonly #path: string
  readonly #masterKey: Uint8Array
  #last: Promise<unknown> = Promise.resolve()

  /** @param masterKey - 32 bytes; kept. */
  constructor(path: string, masterKey: Uint8Array) {
    this.#path = path
    this.#masterKey = masterKey
  }

  /** Makes an empty file. */
  async init(): Promise<void> {
    await this.#write([])
  }

  /** Makes a KEK and gives its id. */
  async create(name: string): Promise<string> {
    const id = randomUUID()
    await this.#change((keks) => [...keks, { id, name, disabled: false, versions: [this.#newVersion()] }])
    return id
  }

  async delete(name: string): Promise<void> {
    await this.#change((keks) => keks.filter((kek) => kek.name !== name))
  }

  async rotate(name: string): Promise<void> {
    await this.#change((keks) =>
      keks.map((kek) => (kek.name === name ? { ...kek, versions: [...kek.versions, this.#newVersion()] } : kek)),
    )
  }

  async setDisabled(name: string, disabled: boolean): Promise<void> {
    await this.#change((keks) => keks.map((kek) => (kek.name === name ? { ...kek, disabled } : kek)))
  }

  async list(): Promise<readonly StoredKek[]> {
    await this.#last
    return (JSON.parse(await readFile(this.#path, 'utf8')) as { readonly keks: readonly StoredKek[] }).keks
  }

  #newVersion(): StoredKek['versions'][number] {
    const bytes = new Uint8Array(randomBytes(32))
    const { iv, wrapped } = sealKey(this.#masterKey, bytes)
    bytes.fill(0)
    return { iv: Buffer.from(iv).toString('base64'), wrapped: Buffer.from(wrapped).toString('base64') }
  }

  #change(change: (keks: readonly StoredKek[]) => readonly StoredKek[]): Promise<void> {
    const done = this.#last.then(async () => {
      const { keks } = JSON.parse(await readFile(this.#path, 'utf8')) as { readonly keks: readonly StoredKek[] }
      await this.#write(change(keks))
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  /** A reader sees the old file or the new one, never half of one. */
  async #write(keks: readonly StoredKek[]): Promise<void> {
    await writeFile(`${this.#path}.new`, JSON.stringify({ keks }), { mode: 0o600 })
    await rename(`${this.#path}.new`, this.#path)
  }
}
