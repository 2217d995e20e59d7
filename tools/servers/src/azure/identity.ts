import { randomBytes } from 'node:crypto'

/** A response of the identity endpoints. */
export interface IdentityResponse {
  readonly status: number
  readonly body: object
}

/** What a token permits: an operation such as `wrapKey` or `get`, or `*`. */
export type Permissions = readonly string[]

/** Issues tokens: the endpoints of managed identities, and those of Microsoft Entra ID. */
export class Identity {
  /** The tenant that challenges name. */
  readonly tenantId = '5f1e0c1a-0000-4000-8000-000000000001'
  readonly clientId = '5f1e0c1a-0000-4000-8000-000000000002'
  readonly clientSecret = `kf-canary-client-secret-${randomBytes(8).toString('hex')}`
  /** What a federated token has to be. */
  readonly assertion = `kf-canary-assertion-${randomBytes(8).toString('hex')}`
  /** Every token that was issued. */
  readonly tokens: string[] = []
  /** How many tokens were requested. */
  requests = 0
  /** Answers every request for a token with this status. */
  failWith: number | undefined
  /** The origin that the metadata names, if it is not the address of the server. */
  origin: string | undefined
  #lifetimeS = 3_600
  readonly #valid = new Map<string, Permissions>()

  set lifetimeS(seconds: number) {
    this.#lifetimeS = seconds
  }

  issue(permissions: Permissions = ['*']): string {
    const token = `kf-canary-token-${randomBytes(16).toString('hex')}`
    this.tokens.push(token)
    this.#valid.set(token, permissions)
    return token
  }

  revokeAll(): void {
    this.#valid.clear()
  }

  permissionsOf(authorization: string | undefined): Permissions | undefined {
    return this.#valid.get(authorization?.replace(/^Bearer /, '') ?? '')
  }

  /** Responds, if the path is one of an identity endpoint. */
  respond(
    method: string,
    url: URL,
    headers: NodeJS.Dict<string | string[]>,
    body: string,
    origin: string,
  ): IdentityResponse | undefined {
    const { pathname } = url
    const base = this.origin ?? origin
    if (pathname.endsWith('/.well-known/openid-configuration')) return { status: 200, body: this.#configuration(base) }
    if (pathname.startsWith('/common/discovery/instance')) return { status: 200, body: this.#discovery(base) }
    const managed = pathname === '/msi/token' || pathname.startsWith('/metadata/identity/oauth2/token')
    const posted = method === 'POST' && pathname.endsWith('/oauth2/v2.0/token')
    if (!managed && !posted) return undefined
    this.requests++
    if (this.failWith !== undefined) return { status: this.failWith, body: { error: 'temporarily_unavailable' } }
    const known = posted ? this.#accepts(new URLSearchParams(body)) : managedHeader(headers)
    if (!known) return { status: posted ? 401 : 400, body: { error: 'invalid_client', error_description: '7000215' } }
    return { status: 200, body: this.#grant(posted) }
  }

  #accepts(form: URLSearchParams): boolean {
    return form.get('client_secret') === this.clientSecret || form.get('client_assertion') === this.assertion
  }

  #grant(posted: boolean): object {
    const access_token = this.issue()
    const common = { access_token, token_type: 'Bearer', expires_in: this.#lifetimeS, ext_expires_in: this.#lifetimeS }
    if (posted) return common
    return { ...common, expires_on: String(Math.floor(Date.now() / 1_000) + this.#lifetimeS), resource: '' }
  }

  #configuration(origin: string): object {
    const base = `${origin}/${this.tenantId}`
    return {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    }
  }

  #discovery(origin: string): object {
    const { host } = new URL(origin)
    return {
      tenant_discovery_endpoint: `${origin}/${this.tenantId}/v2.0/.well-known/openid-configuration`,
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    }
  }
}

function managedHeader(headers: NodeJS.Dict<string | string[]>): boolean {
  return headers['metadata'] === 'true' || headers['x-identity-header'] !== undefined
}
