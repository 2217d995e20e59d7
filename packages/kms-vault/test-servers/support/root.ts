import { once } from 'node:events'
import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestSecure } from 'node:https'
import { json } from 'node:stream/consumers'

/** Certificates of an administrator, as PEM. */
export interface RootTls {
  readonly ca: string
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** What a Vault answers, as far as it is looked at. */
export interface Body {
  readonly data?: Readonly<Record<string, unknown>>
  readonly auth?: Readonly<Record<string, unknown>>
  readonly wrap_info?: Readonly<Record<string, unknown>>
}

/** Somebody who may do everything at a Vault, without the package under test. */
export class Root {
  readonly url: string
  readonly #token: string
  readonly #tls: RootTls | undefined

  constructor(url: string, token: string, tls?: RootTls) {
    this.url = url
    this.#token = token
    this.#tls = tls
  }

  /** Sends a request that has to succeed, and gives its body. */
  async call(
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Body> {
    const { status, answer } = await this.try(method, path, body, headers)
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answer)}`)
    return answer
  }

  /** Sends a request, and gives its status, too. */
  async try(
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly answer: Body }> {
    const url = new URL(`/v1/${path}`, this.url)
    const send = url.protocol === 'https:' ? requestSecure : requestPlain
    const outgoing = send(url, {
      method,
      agent: false,
      headers: { 'x-vault-token': this.#token, 'content-type': 'application/json', ...headers },
      ...this.#tls,
    })
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const answer = await json(incoming).catch(() => ({}))
    return { status: incoming.statusCode ?? 0, answer: answer as Body }
  }

  /** Mounts a Transit engine. */
  async mountTransit(mount: string): Promise<void> {
    await this.call('POST', `sys/mounts/${mount}`, { type: 'transit' })
  }

  /** Writes a policy. */
  async writePolicy(name: string, policy: string): Promise<void> {
    await this.call('POST', `sys/policies/acl/${name}`, { policy })
  }

  /** Makes a token with policies and nothing else. */
  async createToken(policies: readonly string[], more: object = {}): Promise<string> {
    const { auth } = await this.call('POST', 'auth/token/create-orphan', { policies, no_default_policy: true, ...more })
    return String(auth?.['client_token'])
  }
}
