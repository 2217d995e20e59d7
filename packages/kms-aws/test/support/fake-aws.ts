import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const ACCOUNT = '111122223333'
export const REGION = 'eu-central-1'
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'

/** One request that reached the fake. */
export interface FakeRequest {
  /** For example `Decrypt`. */
  readonly operation: string
  readonly body: Record<string, unknown>
  readonly accessKeyId: string
  readonly sessionToken: string | undefined
}

/** What goes wrong with an answer. */
export interface Fault {
  /** Only this operation; any by default. */
  readonly on?: string
  /** How many times; for ever by default. */
  times?: number
  readonly status?: number
  /** Of the error: `__type`. */
  readonly type?: string
  readonly message?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The exact body. */
  readonly body?: string | Uint8Array
  /** Changes a good answer. */
  readonly change?: (answer: Record<string, unknown>) => unknown
  readonly delayMs?: number
  /** Ends the connection before an answer, in the middle of its headers or of its body; never answers; sends a byte at a time. */
  readonly network?: 'reset' | 'half-headers' | 'half-body' | 'silence' | 'drip' | 'endless'
}

interface FakeKey {
  state: string
  usage: string
  spec: string
  material: string
}

/** Enough of AWS KMS for tests of faults: it wraps by remembering. Real servers show that the provider speaks the real protocol. */
export class FakeAws {
  readonly requests: FakeRequest[] = []
  readonly keys = new Map<string, FakeKey>()
  readonly aliases = new Map<string, string>()
  faults: Fault[] = []
  account = ACCOUNT
  region = REGION
  /** How many were made. */
  connections = 0
  /** How many of them are open. */
  open = 0
  /** Access keys that are accepted; all by default. */
  accepted: ReadonlySet<string> | undefined
  readonly #wrapped = new Map<string, { keyId: string; plaintext: string; context: string }>()
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response)
    })
    this.#server.on('connection', (socket) => {
      this.connections++
      this.open++
      socket.on('close', () => {
        this.open--
      })
    })
    this.addKey(KEY_ID)
    this.aliases.set('alias/payments', KEY_ID)
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  addKey(id: string, key: Partial<FakeKey> = {}): void {
    this.keys.set(id, {
      state: 'Enabled',
      usage: 'ENCRYPT_DECRYPT',
      spec: 'SYMMETRIC_DEFAULT',
      material: 'a'.repeat(64),
      ...key,
    })
  }

  arnOf(id: string): string {
    return `arn:aws:kms:${this.region}:${this.account}:key/${id}`
  }

  /** Wraps bytes of any length, as somebody with `kms:Encrypt` could. */
  wrap(keyId: string, plaintext: Uint8Array, context = '{}'): Uint8Array {
    const blob = Uint8Array.from(randomBytes(64))
    this.know(keyId, blob, plaintext, context)
    return blob
  }

  /** Makes a ciphertext known that another AWS KMS made. */
  know(keyId: string, blob: Uint8Array, plaintext: Uint8Array, context = '{}'): void {
    this.#wrapped.set(Buffer.from(blob).toString('base64'), {
      keyId,
      plaintext: Buffer.from(plaintext).toString('base64'),
      context,
    })
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const operation = String(incoming.headers['x-amz-target']).replace('TrentService.', '')
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>
    const accessKeyId = /Credential=([^/]+)/.exec(String(incoming.headers.authorization))?.[1] ?? ''
    const sessionToken = incoming.headers['x-amz-security-token'] as string | undefined
    this.requests.push({ operation, body, accessKeyId, sessionToken })
    const fault = this.faults.find(({ on, times = 1 }) => (on === undefined || on === operation) && times > 0)
    if (fault?.times !== undefined) fault.times--
    if (fault?.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs))
    const refused = this.accepted !== undefined && !this.accepted.has(accessKeyId)
    const answer = refused
      ? { __type: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' }
      : this.#answer(operation, body)
    send(response, fault, answer)
  }

  #answer(operation: string, body: Record<string, unknown>): Record<string, unknown> {
    const asked = String(body['KeyId'])
    const name = asked.startsWith('arn:')
      ? asked.replace(/^arn:[^/]*:(?:key\/)?/, '').replace(/^alias\//, 'alias/')
      : asked
    const id = this.aliases.get(name) ?? name
    const key = this.keys.get(id)
    if (key === undefined) return { __type: 'NotFoundException', message: `Key '${asked}' does not exist` }
    if (operation === 'DescribeKey') {
      const { state: KeyState, usage: KeyUsage, spec: KeySpec, material: CurrentKeyMaterialId } = key
      return { KeyMetadata: { KeyId: id, Arn: this.arnOf(id), KeyState, KeyUsage, KeySpec, CurrentKeyMaterialId } }
    }
    if (key.state === 'Disabled') return { __type: 'DisabledException', message: 'disabled' }
    if (key.state === 'PendingDeletion')
      return { __type: 'KMSInvalidStateException', message: `${this.arnOf(id)} is pending deletion.` }
    const context = JSON.stringify(body['EncryptionContext'] ?? {})
    if (operation === 'GenerateDataKey') {
      const plaintext = randomBytes(32)
      const blob = this.wrap(id, plaintext, context)
      return {
        KeyId: this.arnOf(id),
        CiphertextBlob: Buffer.from(blob).toString('base64'),
        Plaintext: plaintext.toString('base64'),
      }
    }
    const wrapped = this.#wrapped.get(String(body['CiphertextBlob']))
    if (wrapped?.keyId !== id || wrapped.context !== context) return { __type: 'InvalidCiphertextException' }
    return { KeyId: this.arnOf(id), Plaintext: wrapped.plaintext, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
  }
}

function send(response: ServerResponse, fault: Fault | undefined, good: Record<string, unknown>): void {
  const { socket } = response
  if (fault?.network === 'silence') return
  if (fault?.network === 'reset') {
    socket?.resetAndDestroy()
    return
  }
  if (fault?.network === 'half-headers') {
    socket?.end('HTTP/1.1 200 OK\r\nContent-Ty')
    return
  }
  const wrong = fault?.type !== undefined || fault?.status !== undefined
  const answer: object = wrong
    ? { __type: fault.type, message: fault.message ?? 'injected' }
    : (fault?.change?.(good) ?? good)
  const status = fault?.status ?? (wrong || '__type' in answer ? 400 : 200)
  const body = Buffer.from(fault?.body ?? JSON.stringify(answer))
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': body.length,
    ...fault?.headers,
  })
  if (fault?.network === 'half-body') {
    response.write(body.subarray(0, body.length / 2), () => {
      socket?.destroy()
    })
  } else if (fault?.network === 'endless') {
    response.write(body.subarray(0, 1))
  } else if (fault?.network === 'drip') {
    const next = (at: number): void => {
      if (response.destroyed || at >= body.length) return
      response.write(body.subarray(at, at + 1))
      setTimeout(next, 20, at + 1)
    }
    next(0)
  } else {
    response.end(body)
  }
}
