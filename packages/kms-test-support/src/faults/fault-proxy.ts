import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { buffer } from 'node:stream/consumers'

import { answer, answerRaw, hangUp, made, redirect } from './answers.ts'
import { TestAuthority, type CertificateKind } from './certificates.ts'
import type { Fault } from './fault.ts'
import { forward } from './forward.ts'
import { endServer, listen } from './listening.ts'
import { spoil } from './spoil.ts'

/** A text that the proxy puts into its own answers. It may appear in no error, because it is the body of an answer. */
export const BODY_CANARY = 'kf-canary-in-the-body-of-an-answer'

/** How a proxy shows itself: in clear, with a certificate, with HTTP where HTTPS is expected (`plain`), with an old version of TLS only. */
export type ProxySecurity = 'none' | CertificateKind | 'plain' | 'tls-1.1'

/** What reached the proxy. No header and no body, which are secret. */
export interface ProxiedRequest {
  readonly method: string
  readonly path: string
  /** The operation, where the KMS names it in a header, such as AWS does. */
  readonly target?: string | undefined
  readonly fault: Fault['kind']
}

/** Decides what happens to a request. `number` counts from 1. */
export type FaultScript = (request: {
  readonly method: string
  readonly path: string
  readonly target?: string | undefined
  readonly number: number
}) => Fault

const PASS: Fault = { kind: 'pass' }

/** Stands between a provider and a real KMS, on the loopback interface, and does to each request what its script says. */
export class FaultProxy {
  /** What happens to requests from now on. */
  script: FaultScript = () => PASS
  /** Every request that was received. */
  readonly requests: ProxiedRequest[] = []
  readonly origin: string
  /** The authority to trust, as PEM, for a proxy with a certificate. */
  readonly ca: string | undefined
  readonly #server: Server
  readonly #other: Server
  readonly #upstream: () => string
  #otherOrigin = ''
  #strays = 0

  private constructor(server: Server, origin: string, ca: string | undefined, other: Server, upstream: () => string) {
    this.#server = server
    this.#other = other
    this.#upstream = upstream
    this.origin = origin
    this.ca = ca
  }

  /**
   * Starts a proxy in front of a KMS.
   *
   * @param upstream - gives the origin of the KMS, for example `http://127.0.0.1:4566`; asked for at each request.
   */
  static async start(upstream: () => string, security: ProxySecurity = 'none'): Promise<FaultProxy> {
    const authority = security === 'none' ? undefined : await TestAuthority.create()
    const server = await serverOf(security, authority)
    const other = createServer()
    const port = await listen(server)
    const proxy = new FaultProxy(
      server,
      `${security === 'none' ? 'http' : 'https'}://127.0.0.1:${port}`,
      authority?.ca,
      other,
      upstream,
    )
    proxy.#otherOrigin = `http://127.0.0.1:${await listen(other)}`
    other.on('request', (request: IncomingMessage, response: ServerResponse) => {
      proxy.#strays++
      request.resume()
      answer(response, { kind: 'answer', status: 200, body: '{}' }, BODY_CANARY)
    })
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      proxy.#handle(request, response).catch(() => response.destroy())
    })
    return proxy
  }

  /** How many requests followed a redirect to another origin. Each carried credentials. */
  get strays(): number {
    return this.#strays
  }

  /** Applies the next of these faults to each of the next requests; later requests pass. */
  next(...faults: readonly Fault[]): void {
    const queue = [...faults]
    this.script = () => queue.shift() ?? PASS
  }

  /** Applies this fault to every request. */
  always(fault: Fault): void {
    this.script = () => fault
  }

  /** Ends the proxy and every connection through it. */
  async stop(): Promise<void> {
    await Promise.all([endServer(this.#server), endServer(this.#other)])
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = request
    const header = request.headers['x-amz-target']
    const target = typeof header === 'string' ? header.split('.').pop() : undefined
    const fault = this.script({ method, path, target, number: this.requests.length + 1 })
    this.requests.push({ method, path, target, fault: fault.kind })
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    const body = await buffer(request)
    switch (fault.kind) {
      case 'pass':
      case 'spoil': {
        const right = await forward(this.#upstream(), request, body)
        if (fault.kind === 'pass') await delayed(fault.delayMs, response)
        if (fault.kind === 'spoil') await spoil(response, right, fault)
        else response.writeHead(right.status, right.headers).end(right.body)
        return
      }
      case 'silence':
        return
      case 'hang-up':
        hangUp(response, fault.how)
        return
      case 'answer':
        answer(response, fault, BODY_CANARY)
        return
      case 'body':
        await made(response, fault)
        return
      case 'redirect':
        redirect(
          response,
          fault.status,
          fault.to === 'same-origin' ? `${path}?redirected` : `${this.#otherOrigin}${path}`,
        )
        return
      case 'raw':
        answerRaw(response, fault.text)
    }
  }
}

async function serverOf(security: ProxySecurity, authority: TestAuthority | undefined): Promise<Server> {
  if (authority === undefined || security === 'none' || security === 'plain') return createServer()
  const kind = security === 'tls-1.1' ? 'good' : security
  // OpenSSL offers the old version only at its lowest security level.
  const old =
    security === 'tls-1.1'
      ? ({ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const)
      : {}
  return createSecureServer({ ...(await authority.issue(kind)), ...old })
}

async function delayed(ms: number | undefined, response: ServerResponse): Promise<void> {
  if (ms === undefined) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms)
    response.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
