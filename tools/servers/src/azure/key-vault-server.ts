import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

import { Identity } from './identity.ts'
import { KeyStore, type KeyOperation } from './key-store.ts'
import { KeyVaultError } from './key-vault-error.ts'
import { decrypt, encrypt, publicPart, wrapOrUnwrap, type KeyType, type KeyVersion } from './stored-key.ts'

/** One request that arrived, without keys and tokens. */
export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly alg: string | undefined
  readonly token: boolean
  readonly body: boolean
  readonly status: number
}

/** What happens to one request instead of a response of the vault. */
export interface VaultFault {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  /** Before whatever happens. */
  readonly delayMs?: number | undefined
  /** Ends the connection. */
  readonly destroy?: boolean | undefined
  /** Changes the body of the right response. */
  readonly change?: ((body: Record<string, unknown>) => unknown) | undefined
}

/** Options of {@link KeyVaultServer}. */
export interface KeyVaultOptions {
  readonly kind: 'vault' | 'managedhsm'
  /** By default `kf`. */
  readonly name?: string | undefined
  /** Serves https. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
  /** Delays 401 responses, so that concurrent first calls overlap. */
  readonly challengeDelayMs?: (() => number) | undefined
}

const OPERATIONS: Readonly<Record<string, KeyOperation>> = {
  wrapkey: 'wrapKey',
  unwrapkey: 'unwrapKey',
  encrypt: 'encrypt',
  decrypt: 'decrypt',
}
const RECOVERABLE_DAYS = 90

/**
 * A Key Vault or Managed HSM with the cryptography of node:crypto, and the endpoints that issue its tokens. There is no emulator of Azure that the
 * project can install.
 */
export class KeyVaultServer {
  readonly name: string
  readonly identity = new Identity()
  readonly keys: KeyStore
  readonly requests: LoggedRequest[] = []
  /** Requests that carried a body and no token, which must never happen. */
  readonly bodiesWithoutToken: LoggedRequest[] = []
  /** Applied to requests for keys in turn; `undefined` lets one pass. */
  readonly faults: (VaultFault | undefined)[] = []
  /** Moves the time of the vault. */
  skewS = 0
  /** The resource that challenges name, if it is not the right one. */
  resource: string
  readonly #options: KeyVaultOptions
  readonly #policies = new Map<string, unknown>()
  readonly #sockets = new Set<Socket>()
  readonly #server: ReturnType<typeof createHttpServer> | ReturnType<typeof createHttpsServer>

  constructor(options: KeyVaultOptions) {
    this.#options = options
    this.name = options.name ?? 'kf'
    this.resource = `https://${options.kind}.azure.net`
    this.keys = new KeyStore(() => Math.floor(Date.now() / 1_000) + this.skewS)
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response)
    }
    this.#server = options.tls === undefined ? createHttpServer(listener) : createHttpsServer(options.tls, listener)
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  /** The address, on the loopback interface. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  }

  /** The address under Azure's own domain, which key identifiers have. */
  get azureUrl(): string {
    return `https://${this.name}.${this.#options.kind}.azure.net`
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const body = Buffer.concat(chunks).toString('utf8')
    const url = new URL(request.url ?? '/', this.url)
    const identity = this.identity.respond(request.method ?? '', url, request.headers, body, this.url)
    if (identity !== undefined) {
      send(response, identity.status, JSON.stringify(identity.body))
      return
    }
    await this.#serveVault(request, response, url, body)
  }

  async #serveVault(request: IncomingMessage, response: ServerResponse, url: URL, body: string): Promise<void> {
    const { method = '', headers } = request
    const token = headers.authorization !== undefined
    const alg = algorithmOf(body)
    const log = (status: number): void => {
      const entry = { method, path: url.pathname, alg, token, body: body !== '', status }
      this.requests.push(entry)
      if (entry.body && !token) this.bodiesWithoutToken.push(entry)
    }
    const fault = this.faults.shift()
    if (fault?.delayMs !== undefined) await delay(fault.delayMs)
    if (fault?.destroy === true) {
      log(0)
      request.socket.destroy()
      return
    }
    if (fault?.status !== undefined) {
      log(fault.status)
      send(response, fault.status, fault.body ?? '', fault.headers)
      return
    }
    const permissions = this.identity.permissionsOf(headers.authorization)
    if (permissions === undefined) {
      const { challengeDelayMs } = this.#options
      if (challengeDelayMs !== undefined) await delay(challengeDelayMs())
      log(401)
      const authority = `https://login.microsoftonline.com/${this.identity.tenantId}`
      send(response, 401, '', {
        'www-authenticate': `Bearer authorization="${authority}", resource="${this.resource}"`,
      })
      return
    }
    try {
      const result = this.#handle(method, url, body, permissions)
      log(result === undefined ? 204 : 200)
      send(
        response,
        result === undefined ? 204 : 200,
        result === undefined ? '' : JSON.stringify(fault?.change?.(result) ?? result),
      )
    } catch (error) {
      const known = error instanceof KeyVaultError ? error : new KeyVaultError(400, 'BadParameter', 'malformed')
      log(known.status)
      send(response, known.status, JSON.stringify(known.toBody()))
    }
  }

  #handle(method: string, url: URL, body: string, permissions: readonly string[]): Record<string, unknown> | undefined {
    if (url.searchParams.get('api-version') === null) throw new KeyVaultError(400, 'BadParameter', 'api-version')
    const [collection = '', name = '', second = '', third = ''] = url.pathname.slice(1).split('/')
    const permit = (permission: string): void => {
      if (permissions.includes('*') || permissions.includes(permission)) return
      throw new KeyVaultError(403, 'Forbidden', 'Caller is not authorized.', 'ForbiddenByRbac')
    }
    if (!/^[A-Za-z0-9-]{1,127}$/.test(name)) throw new KeyVaultError(400, 'BadParameter', 'the name is not valid')
    const json = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>
    if (collection === 'deletedkeys') return this.#deleted(method, name, second, permit)
    if (collection !== 'keys') throw new KeyVaultError(404, 'NotFound', 'no such collection')
    const operation = OPERATIONS[third]
    if (method === 'POST' && operation !== undefined) {
      permit(operation)
      return this.#use(operation, name, second, json)
    }
    if (method === 'GET' && second === 'versions') {
      permit('get')
      return { value: this.keys.versions(name).map((version) => this.#item(name, version)), nextLink: null }
    }
    if (second === 'rotationpolicy') return this.#rotationPolicy(method, name, json, permit)
    if (method === 'GET') {
      permit('get')
      return this.#bundle(this.keys.find(name, second))
    }
    permit('admin')
    if (method === 'POST' && second === 'create') return this.#create(name, json)
    if (method === 'POST' && second === 'rotate') return this.#bundle(this.keys.rotate(name))
    if (method === 'PATCH') return this.#update(name, second, json)
    if (method !== 'DELETE') throw new KeyVaultError(405, 'MethodNotAllowed', 'no such operation')
    this.keys.delete(name)
    return this.#deletedBundle(name)
  }

  #deleted(method: string, name: string, action: string, permit: (permission: string) => void) {
    permit(method === 'GET' ? 'get' : 'admin')
    if (method === 'POST' && action === 'recover') {
      this.keys.recover(name)
      return this.#bundle(this.keys.find(name))
    }
    if (method === 'GET') return this.#deletedBundle(name)
    this.keys.purge(name)
    return undefined
  }

  #use(operation: KeyOperation, name: string, version: string, json: Record<string, unknown>): Record<string, unknown> {
    const { alg } = json
    const value = bytesOf(json['value'])
    if (value.length === 0) throw new KeyVaultError(400, 'BadParameter', 'value')
    const found = this.keys.findFor(operation, name, version)
    const kid = this.#kid(found.name, found.version)
    if (operation === 'encrypt') {
      const made = encrypt(found.version, alg, value, bytesOf(json['aad']))
      return {
        alg,
        kid,
        value: text(made.value),
        iv: text(made.iv),
        tag: text(made.tag),
        ...(json['aad'] !== undefined && { aad: json['aad'] }),
      }
    }
    if (operation === 'decrypt') {
      const parts = { iv: bytesOf(json['iv']), tag: bytesOf(json['tag']), aad: bytesOf(json['aad']) }
      return { alg, kid, value: text(decrypt(found.version, alg, value, parts)) }
    }
    return { kid, value: text(wrapOrUnwrap(found.version, operation === 'wrapKey', alg, value)) }
  }

  #create(name: string, json: Record<string, unknown>): Record<string, unknown> {
    const type = json['kty']
    const possible = this.#options.kind === 'vault' ? ['RSA', 'RSA-HSM'] : ['RSA-HSM', 'oct-HSM']
    if (typeof type !== 'string' || !possible.includes(type)) throw new KeyVaultError(400, 'BadParameter', 'kty')
    const operations = json['key_ops'] as string[] | undefined
    const attributes = json['attributes'] as { exp?: number; nbf?: number; enabled?: boolean } | undefined
    return this.#bundle(
      this.keys.create(name, {
        type: type as KeyType,
        size: json['key_size'] as number | undefined,
        operations,
        attributes,
      }),
    )
  }

  #update(name: string, version: string, json: Record<string, unknown>): Record<string, unknown> {
    const found = this.keys.find(name, version)
    Object.assign(found.version.attributes, json['attributes'])
    return this.#bundle(found)
  }

  #rotationPolicy(method: string, name: string, json: Record<string, unknown>, permit: (permission: string) => void) {
    permit('admin')
    const { name: known } = this.keys.find(name)
    if (method === 'PUT') this.#policies.set(known, json)
    const id = `${this.azureUrl}/keys/${known}/rotationpolicy`
    return { id, lifetimeActions: [], attributes: {}, ...(this.#policies.get(known) as object | undefined) }
  }

  #kid(name: string, { version }: KeyVersion): string {
    return `${this.azureUrl}/keys/${name}/${version}`
  }

  #item(name: string, version: KeyVersion): object {
    return { kid: this.#kid(name, version), attributes: this.#attributes(version) }
  }

  #attributes({ attributes }: KeyVersion): object {
    return {
      ...attributes,
      recoveryLevel: 'Recoverable+Purgeable',
      recoverableDays: RECOVERABLE_DAYS,
      exportable: false,
    }
  }

  #bundle({ name, version }: { readonly name: string; readonly version: KeyVersion }): Record<string, unknown> {
    const key = {
      kid: this.#kid(name, version),
      kty: version.type,
      key_ops: version.operations,
      ...publicPart(version),
    }
    return { key, attributes: this.#attributes(version), tags: {} }
  }

  #deletedBundle(name: string): Record<string, unknown> {
    const deletedDate = Math.floor(Date.now() / 1_000)
    const found = this.keys.deleted(name)
    return {
      ...this.#bundle(found),
      recoveryId: `${this.azureUrl}/deletedkeys/${found.name}`,
      deletedDate,
      scheduledPurgeDate: deletedDate + RECOVERABLE_DAYS * 86_400,
    }
  }
}

function algorithmOf(body: string): string | undefined {
  try {
    const { alg } = JSON.parse(body) as { readonly alg?: unknown }
    return typeof alg === 'string' ? alg : undefined
  } catch {
    return undefined
  }
}

function bytesOf(value: unknown): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64url') : Buffer.alloc(0)
}

function text(bytes: Buffer): string {
  return bytes.toString('base64url')
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = status === 204 ? {} : { 'content-type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...type, 'content-length': String(Buffer.byteLength(body)), ...headers })
  response.end(body)
}

async function delay(milliseconds: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
