import { Buffer } from 'node:buffer'
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

import type { TestKek, TestKekManager } from '@keyfold/kms-test-support'

import { kekIdOf, unwrap, wrap } from './edek.ts'

interface StoredKek {
  readonly id: string
  readonly name: string
  readonly versions: Uint8Array[]
  disabled: boolean
}

type Answer = readonly [status: number, body: object]

const refusal = (status: number, code: string): Answer => [status, { code }]

/** A small KMS behind `node:http`, for what only happens on a wire. Tokens are accepted or denied; there is no other principal. */
export class HttpKmsServer implements TestKekManager {
  readonly token = `kf-token-${randomBytes(18).toString('base64url')}`
  readonly deniedToken = `kf-denied-${randomBytes(18).toString('base64url')}`
  received = 0
  readonly #keks = new Map<string, StoredKek>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      this.received++
      this.#answer(request)
        .catch(() => refusal(400, 'bad-request'))
        .then(([status, body]) => {
          const text = JSON.stringify(body)
          response
            .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
            .end(text)
        })
        .catch(() => response.destroy())
    })
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async create(name: string): Promise<TestKek> {
    const id = randomUUID()
    this.#keks.set(id, { id, name, versions: [randomBytes(32)], disabled: false })
    return { name, selectors: [name, id] }
  }

  async delete(kek: TestKek): Promise<void> {
    this.#keks.delete(this.#named(kek.name).id)
  }

  async rotate(kek: TestKek): Promise<void> {
    this.#named(kek.name).versions.push(randomBytes(32))
  }

  async disable(kek: TestKek): Promise<void> {
    this.#named(kek.name).disabled = true
  }

  async enable(kek: TestKek): Promise<void> {
    this.#named(kek.name).disabled = false
  }

  async exists(kek: TestKek): Promise<boolean> {
    return this.#find(kek.name) !== undefined
  }

  canaries(): readonly (string | Uint8Array)[] {
    return [this.token, this.deniedToken, ...[...this.#keks.values()].flatMap(({ versions }) => versions)]
  }

  /** Unwraps an EDEK with the power of the one who has the keys. */
  reveal(edek: Uint8Array): Uint8Array {
    const dek = this.#keks
      .get(kekIdOf(edek) ?? '')
      ?.versions.map((key) => unwrap(key, edek))
      .find((bytes) => bytes !== undefined)
    if (dek === undefined) throw new TypeError('"edek" expected one of a KEK of this server')
    return dek
  }

  #find(selector: string): StoredKek | undefined {
    return this.#keks.get(selector) ?? [...this.#keks.values()].find(({ name }) => name === selector)
  }

  #named(name: string): StoredKek {
    const kek = this.#find(name)
    if (kek === undefined) throw new TypeError('"kek" expected one that exists')
    return kek
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { kek: selector, edek } = (await json(request)) as { readonly kek?: string; readonly edek?: string }
    const { authorization } = request.headers
    if (authorization === `Bearer ${this.deniedToken}`) return refusal(403, 'denied')
    if (authorization !== `Bearer ${this.token}`) return refusal(401, 'not-logged-in')
    if (request.url === '/health') return [200, { status: 'ok' }]
    const kek = request.url === '/resolve' ? this.#find(selector ?? '') : this.#keks.get(selector ?? '')
    if (kek === undefined) return refusal(404, 'no-such-key')
    if (kek.disabled) return refusal(409, 'key-disabled')
    switch (request.url) {
      case '/resolve':
        return [200, { id: kek.id, version: kek.versions.length }]
      case '/generate': {
        const dek = randomBytes(32)
        return [
          200,
          {
            id: kek.id,
            dek: dek.toString('base64'),
            edek: Buffer.from(wrap(kek.id, kek.versions.at(-1) ?? new Uint8Array(32), dek)).toString('base64'),
          },
        ]
      }
      case '/decrypt': {
        const bytes = Buffer.from(edek ?? '', 'base64')
        const dek = kek.versions
          .toReversed()
          .map((key) => unwrap(key, bytes))
          .find((each) => each !== undefined)
        return dek === undefined
          ? refusal(422, 'bad-edek')
          : [200, { id: kek.id, dek: Buffer.from(dek).toString('base64') }]
      }
      default:
        return refusal(404, 'no-such-path')
    }
  }
}
