import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'

import { onTestFinished } from 'vitest'

/** What reached the server. */
export interface Received {
  readonly method: string
  /** As it was sent, `/v1/…`. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

/** What the server answers; `hang`: nothing. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly hang?: boolean
}

interface StoredKey {
  readonly info: Record<string, unknown>
  readonly material: Uint8Array
}

const DENIED: Reply = { status: 403, body: { errors: ['permission denied'] } }
const LACKS: Reply = { status: 403, body: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } }

/** Responses as Vault 1.14.2 does, as far as the provider asks; a test puts other answers in its place. Ends with the test. */
export class FakeVault {
  readonly requests: Received[] = []
  readonly keys = new Map<string, StoredKey>()
  /** Tokens that are known, and whether they may use keys. */
  readonly tokens = new Map<string, boolean>([['root', true]])
  readonly revoked: string[] = []
  /** Responses before everything else where it gives an answer. */
  script: (request: Received) => Reply | undefined = () => undefined
  /** What a login, a look-up or a renewal says about a token, in seconds. */
  ttl = 3_600
  renewable = true
  /** Where a login is looked at before it succeeds. */
  accepts: (request: Received) => boolean = () => true
  connections = 0
  /** Connections that are open now. */
  readonly open = new Set<Socket>()
  /** The key that was sent or received last, in base64. */
  lastKey = ''
  url = ''
  #logins = 0

  static async start(): Promise<FakeVault> {
    const vault = new FakeVault()
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { method = '', url = '', headers } = request
        const received = {
          method,
          url,
          headers,
          body: (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>,
        }
        vault.requests.push(received)
        const reply = vault.script(received) ?? vault.#answer(received)
        if (reply.hang === true) return
        response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
        response.end(
          reply.body === undefined ? '' : typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body),
        )
      })
    })
    server.on('connection', (socket: Socket) => {
      vault.connections++
      vault.open.add(socket)
      socket.on('close', () => vault.open.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    vault.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    onTestFinished(async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    })
    vault.addKey('orders')
    return vault
  }

  /** The paths of what reached the server, without `/v1/`. */
  get paths(): string[] {
    return this.requests.map(({ url }) => url.slice('/v1/'.length))
  }

  addKey(name: string, info: Record<string, unknown> = {}): void {
    const usual = {
      name,
      type: 'aes256-gcm96',
      latest_version: 1,
      derived: false,
      supports_encryption: true,
      supports_decryption: true,
    }
    this.keys.set(name, { info: { ...usual, ...info }, material: randomBytes(32) })
  }

  /** A token that a login gives. */
  newToken(): string {
    const token = `hvs.kf-canary-${++this.#logins}`
    this.tokens.set(token, true)
    return token
  }

  #answer(request: Received): Reply {
    const { method, url, headers, body } = request
    const token = String(headers['x-vault-token'])
    const path = url.slice('/v1/'.length)
    if (path === 'sys/health') return { status: 200, body: { initialized: true, sealed: false, standby: false } }
    if (/^auth\/[^/]+\/login(?:\/|$)/.test(path)) {
      return this.accepts(request)
        ? this.#grant(this.newToken())
        : { status: 400, body: { errors: ['invalid role or secret ID'] } }
    }
    const permission = this.tokens.get(token)
    if (permission === undefined) return DENIED
    if (path === 'auth/token/lookup-self')
      return { status: 200, body: { data: { ttl: this.ttl, renewable: this.renewable } } }
    if (path === 'auth/token/renew-self') return this.#grant(token)
    if (path === 'auth/token/revoke-self') {
      this.tokens.delete(token)
      this.revoked.push(token)
      return { status: 204 }
    }
    if (!permission) return LACKS
    const [, mount = '', operation = '', name = ''] =
      /^(.+?)\/(keys|datakey\/plaintext|encrypt|decrypt)\/([^/]+)$/.exec(path) ?? []
    if (mount === '')
      return { status: 404, body: { errors: [`no handler for route "${path}". route entry not found.`] } }
    const key = this.keys.get(name)
    if (operation === 'keys' && method === 'GET')
      return key === undefined
        ? { status: 404, body: { errors: [] } }
        : { status: 200, body: { data: key.info, warnings: null } }
    if (key === undefined) return { status: 400, body: { errors: ['encryption key not found'] } }
    const version = Number(key.info['latest_version'])
    const aad = Buffer.from(typeof body['associated_data'] === 'string' ? body['associated_data'] : '', 'base64')
    if (operation === 'decrypt') {
      const reply = open(key, String(body['ciphertext']), aad)
      this.lastKey = (reply.body as { data?: { plaintext: string } }).data?.plaintext ?? ''
      return reply
    }
    const plaintext = operation === 'encrypt' ? Buffer.from(String(body['plaintext']), 'base64') : randomBytes(32)
    const ciphertext = seal(key, version, plaintext, aad)
    this.lastKey = plaintext.toString('base64')
    const more = operation === 'encrypt' ? {} : { plaintext: plaintext.toString('base64') }
    return { status: 200, body: { data: { ciphertext, key_version: version, ...more }, warnings: null } }
  }

  #grant(token: string): Reply {
    return { status: 200, body: { auth: { client_token: token, lease_duration: this.ttl, renewable: this.renewable } } }
  }
}

function seal({ material }: StoredKey, version: number, plaintext: Uint8Array, aad: Uint8Array): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', material, iv).setAAD(aad)
  return `vault:v${version}:${Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString('base64')}`
}

function open({ material }: StoredKey, ciphertext: string, aad: Uint8Array): Reply {
  const bytes = Buffer.from(ciphertext.split(':')[2] ?? '', 'base64')
  const decipher = createDecipheriv('aes-256-gcm', material, bytes.subarray(0, 12), { authTagLength: 16 })
    .setAAD(aad)
    .setAuthTag(bytes.subarray(-16))
  try {
    return {
      status: 200,
      body: {
        data: {
          plaintext: Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('base64'),
        },
        warnings: null,
      },
    }
  } catch {
    return { status: 400, body: { errors: ['cipher: message authentication failed'] } }
  }
}
