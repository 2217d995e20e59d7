import type { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** One request that reached the server. */
export interface CredentialRequest {
  readonly method: string
  readonly url: string
  readonly form: URLSearchParams
  readonly headers: IncomingMessage['headers']
}

/** Stands for STS, IAM Identity Center and the metadata services, and remembers who asked. */
export class CredentialServer {
  readonly requests: CredentialRequest[] = []
  /** Of every response, or of those to a path that starts with the key. */
  status: number | Readonly<Record<string, number>> = 200
  body: string | undefined
  errorType: string | undefined
  silent = false
  number = 0
  readonly #server: Server
  readonly #scheme: string

  constructor(tls?: { readonly key: string; readonly cert: string }) {
    const serve: RequestListener = (request, response) => {
      let text = ''
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      request.on('end', () => {
        const { url = '', method = '', headers } = request
        const form = new URLSearchParams(text)
        this.requests.push({ method, url, form, headers })
        if (this.silent) return
        const status = this.#statusOf(url)
        if (this.errorType !== undefined) response.setHeader('x-amzn-errortype', this.errorType)
        response.writeHead(status)
        response.end(this.body ?? (status === 200 ? this.#success(url, form) : failure))
      })
    }
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
    this.#server.on('tlsClientError', () => undefined)
  }

  async start(): Promise<this> {
    this.#server.listen(0)
    await once(this.#server, 'listening')
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`
  }

  /** Reaches this server, by an address that is not known to be of this machine. */
  get foreignUrl(): string {
    return `http://0.0.0.0:${this.port}`
  }

  #statusOf(url: string): number {
    const { status } = this
    if (typeof status === 'number') return status
    return Object.entries(status).find(([path]) => url.startsWith(path))?.[1] ?? 200
  }

  #success(url: string, form: URLSearchParams): string {
    const expiration = new Date(Date.now() + 3_600_000).toISOString()
    const accessKeyId = (): string => `ASIA${++this.number}`
    if (url.startsWith('/latest/api/token')) return 'imds-session-token'
    if (url === '/latest/meta-data/iam/security-credentials/') return 'instance-role'
    if (url.startsWith('/credentials') || url.startsWith('/latest/'))
      return JSON.stringify({
        AccessKeyId: accessKeyId(),
        SecretAccessKey: 's',
        Token: 't',
        Expiration: expiration,
      })
    if (url.startsWith('/v1/token'))
      return JSON.stringify({
        accessToken: { accessKeyId: accessKeyId(), secretAccessKey: 's', sessionToken: 't' },
        refreshToken: 'renewed',
        expiresIn: 900,
        tokenType: 'aws_sigv4',
      })
    if (url.startsWith('/token'))
      return JSON.stringify({ accessToken: 'renewed', expiresIn: 3_600, tokenType: 'Bearer' })
    if (url.startsWith('/federation'))
      return JSON.stringify({
        roleCredentials: {
          accessKeyId: accessKeyId(),
          secretAccessKey: 's',
          sessionToken: 't',
          expiration: Date.now() + 3_600_000,
        },
      })
    const action = form.get('Action') ?? ''
    const credentials = `<Credentials><AccessKeyId>${accessKeyId()}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration}</Expiration></Credentials>`
    return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result>${credentials}</${action}Result></${action}Response>`
  }
}

const failure = '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>'
